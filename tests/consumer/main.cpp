// Exits with 1 when a number of a part is another one than it should be.
#include <cstdio>

#include "parts.h"  // layer-ok: of this project

int main() {
    const struct {
        const char* name;
        bool (*is_right)();
    } parts[] = {
        {"Hessian-vector product", product_is_right},
#ifndef CONSUMER_IS_SMALL
        {"matrices handed over", handed_over_is_right},
        {"own Eigen code", own_eigen_code_is_right},
        {"own op", own_op_is_right},
        {"own threads", own_threads_are_right},
        {"own Eigen code again", own_eigen_code_is_right},
#endif
    };
    int wrong = 0;
    for (const auto& part : parts) {
        const bool is_right = part.is_right();
        std::printf("%s: %s\n", part.name, is_right ? "right" : "WRONG");
        std::fflush(stdout);
        wrong += is_right ? 0 : 1;
    }
    return wrong == 0 ? 0 : 1;
}
