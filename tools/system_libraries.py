"""What the operating system must bring before Qt can start, checked with the standard library alone.

Qt's wheels carry Qt but not the libraries of the desktop that its platform plugins link to, and Debian's
Python comes without the module that makes environments. This script finds what is missing on Linux, installs
it where it may (root on Debian or Ubuntu) and otherwise names the one command to run. It must stay runnable
before anything is installed:

    python tools/system_libraries.py --for environment|window|tests
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# Debian's package for each library that Qt's own files link to; the C library itself is always there.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
FONT_PACKAGE = "fonts-dejavu-core"
QT_MODULES = ("QtWidgets", "QtSvg", "QtOpenGLWidgets", "QtTest")


def missing_in_ldd_output(output: str) -> set[str]:
    """The libraries that `ldd` could not find, by the names they are linked under."""
    return set(re.findall(r"^\s*(\S+) => not found", output, re.MULTILINE))


def packages_for(libraries: Iterable[str]) -> tuple[list[str], list[str]]:
    """Debian's packages for the libraries, and the libraries of which no package is known, both sorted."""
    libraries = set(libraries)
    packages = {PACKAGES[name] for name in libraries if name in PACKAGES}
    return sorted(packages), sorted(libraries - PACKAGES.keys())


def platform_plugins(environment: Mapping[str, str]) -> list[str]:
    """Qt's platform plugins that a window would use here; none if there is no display to open it on."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen:
        return [part.partition(":")[0] for part in chosen.split(";")]
    if environment.get("DISPLAY"):
        return ["xcb", "offscreen"]
    if environment.get("WAYLAND_DISPLAY"):
        return ["wayland", "offscreen"]
    return []


def qt_files(pyside: Path, plugins: Iterable[str]) -> list[Path]:
    """The files of PySide6 that the program loads: its extension modules and the platform plugins named."""
    files = [pyside / f"{module}.abi3.so" for module in QT_MODULES]
    files += [pyside / "Qt" / "plugins" / "platforms" / f"libq{plugin}.so" for plugin in plugins]
    return [file for file in files if file.exists()]


def missing_libraries(files: Iterable[Path]) -> set[str]:
    """The shared libraries that the files need and that this system does not have."""
    if ldd := shutil.which("ldd"):
        result = subprocess.run([ldd, *map(str, files)], capture_output=True, text=True, check=False)
        return missing_in_ldd_output(result.stdout)
    linked = {name for file in files for name in PACKAGES if name.encode() + b"\0" in file.read_bytes()}
    return {name for name in linked if not loads(name)}


def loads(library: str) -> bool:
    """Whether the dynamic linker finds this library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def font_directories(environment: Mapping[str, str]) -> list[Path]:
    """Where fontconfig looks for fonts unless told otherwise."""
    home = Path(environment.get("HOME", "/"))
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    shared = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [*(Path(part) / "fonts" for part in shared.split(":")), data / "fonts", home / ".fonts"]


def has_font(directories: Iterable[Path]) -> bool:
    """Whether any outline font is installed; without one Qt shows no text at all."""
    endings = (".ttf", ".otf", ".ttc")
    return any(
        name.lower().endswith(endings)
        for directory in directories
        for _, _, names in os.walk(directory, followlinks=True)
        for name in names
    )


def missing_for(purpose: str) -> tuple[list[str], list[str]]:
    """Packages to install for a purpose, and libraries that are missing but of no known package."""
    if purpose == "environment":
        importlib.invalidate_caches()
        # Debian leaves ensurepip out of its python3 package; without it no environment gets a pip.
        venv = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return ([] if importlib.util.find_spec("ensurepip") else [venv]), []
    plugins = ["offscreen"] if purpose == "tests" else platform_plugins(os.environ)
    pyside = importlib.util.find_spec("PySide6")
    if not plugins or pyside is None or pyside.origin is None:
        return [], []
    packages, unknown = packages_for(missing_libraries(qt_files(Path(pyside.origin).parent, plugins)))
    if not has_font(font_directories(os.environ)):
        packages.append(FONT_PACKAGE)
    return packages, unknown


def install_command(packages: Iterable[str]) -> list[str]:
    """The command that installs these packages as root on Debian and Ubuntu."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def advice(packages: list[str], unknown: list[str], *, debian: bool) -> str:
    """One line that says what is missing and which command brings it."""
    if not debian:
        names = [library for library, package in PACKAGES.items() if package in packages] + unknown
        others = [package for package in packages if package not in PACKAGES.values()]
        return f"Missing on this system, install what provides them and try again: {' '.join(names + others)}"
    if packages:
        return f"System packages are missing, run this and retry: sudo {' '.join(install_command(packages))}"
    return f"Qt needs libraries of packages not known here, please install them: {' '.join(unknown)}"


def install(packages: list[str]) -> bool:
    """Install Debian packages as root; the output is shown only when it fails."""
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], install_command(packages)):
        # Another apt, as at the first start of a machine, may hold the lock for a while.
        command[1:1] = ["-q", "-o", "DPkg::Lock::Timeout=120"]
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if result.returncode != 0:
        print(result.stdout, file=sys.stderr)
    return result.returncode == 0


def main(arguments: list[str] | None = None) -> int:
    """Check, install where possible, and return the exit code: 0 when nothing is missing any more."""
    parser = argparse.ArgumentParser(description="Check for the system libraries that the program needs.")
    parser.add_argument("--for", dest="purpose", choices=["environment", "window", "tests"], default="window")
    purpose = parser.parse_args(arguments).purpose
    if sys.platform != "linux":
        return 0
    packages, unknown = missing_for(purpose)
    debian = shutil.which("apt-get") is not None
    if packages and debian and os.geteuid() == 0 and install(packages):
        packages, unknown = missing_for(purpose)
    if packages or unknown:
        print(advice(packages, unknown, debian=debian), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
