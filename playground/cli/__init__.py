"""The command line: `commands` trains, lists and exports; `bench` races the engines."""
