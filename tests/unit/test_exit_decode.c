#include "exit_model.h"
#include "vectors.h"
int main(void){return 0;}
