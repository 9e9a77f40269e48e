#include "cli/cli.h"

int main(int argc, char **argv) {
    return cw_cli_main(argc, argv);
}
