#include "engine/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/optim/validate.h"

namespace dualtape::optim {

double warm_up(Index step, Index warm_up_steps) {
    if (step < 1) refuse("step", step, "must be 1 or more: steps count from 1");
    if (warm_up_steps < 0) refuse("warm_up_steps", warm_up_steps, "must be 0 (none) or more");
    if (warm_up_steps == 0) return 1.0;
    return std::min(static_cast<double>(step - 1) / static_cast<double>(warm_up_steps), 1.0);
}

double cosine(Index step, Index num_steps) {
    if (step < 1) refuse("step", step, "must be 1 or more: steps count from 1");
    if (num_steps < 1) refuse("num_steps", num_steps, "must be 1 or more for a cosine schedule");
    const double done = static_cast<double>(step - 1) / static_cast<double>(num_steps);
    return done < 1.0 ? 0.5 * (1.0 + std::cos(std::numbers::pi * done)) : 0.0;
}

double Schedule::operator()(Index step) const {
    check();
    const double warm = warm_up(step, warm_up_steps);
    if (decline == Decline::constant || step <= warm_up_steps) return rate * warm;
    const double factor = cosine(step - warm_up_steps, num_steps - warm_up_steps);
    return final_rate + (rate - final_rate) * factor;
}

void Schedule::check() const {
    require_non_negative("rate", rate);
    if (warm_up_steps < 0) refuse("warm_up_steps", warm_up_steps, "must be 0 (none) or more");
    if (decline == Decline::constant) return;
    require_non_negative("final_rate", final_rate);
    if (num_steps <= warm_up_steps) {
        refuse("num_steps", num_steps,
               "must exceed warm_up_steps: the cosine runs over the steps after the warm-up");
    }
}

}  // namespace dualtape::optim
