#pragma once
// Learning rates as pure functions of the step: warm-up, constant, cosine.

#include "engine/core/types.h"

namespace dualtape::optim {

// Linear warm-up: the factor min(s/w, 1) with s = step - 1, for step = 1, 2, ...
// The first step of a warm-up has factor 0 and moves nothing; w = 0 means no warm-up (factor 1).
// Throws std::invalid_argument if step < 1 or w < 0.
double warm_up(Index step, Index warm_up_steps);

// Half a cosine: the factor (1 + cos(pi s/n)) / 2 with s = step - 1; 1 at the first step, 0 from
// step n+1 on. Throws std::invalid_argument if step < 1 or n < 1.
double cosine(Index step, Index num_steps);

enum class Decline { constant, cosine };

// A learning rate over a whole training: warm-up from 0 to `rate`, then constant, or a cosine from
// `rate` down to `final_rate` at `num_steps`. Holds no state, so a resumed run needs only the step.
struct Schedule {
    double rate = 1e-3;
    Index warm_up_steps = 0;
    Decline decline = Decline::constant;
    Index num_steps = 0;      // the whole training, warm-up included; read by the cosine alone
    double final_rate = 0.0;  // read by the cosine alone

    // The rate of step = 1, 2, ...
    // Throws std::invalid_argument if step < 1, or as check() does.
    double operator()(Index step) const;

    // Throws std::invalid_argument naming the setting that is out of range, its value and remedy.
    void check() const;
};

}  // namespace dualtape::optim
