#include "tools/dualtape/spectrum_watch.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "experiments/lab/interrupt.h"

namespace dualtape::tools {

std::int64_t ResidualSlope::expect(std::int64_t products, double residual, std::int64_t limit) {
    if (!(residual > 1)) return products;
    const double log = std::log(residual);
    if (!has_first_) {
        first_products_ = products;
        first_log_ = log;
        has_first_ = true;
    }
    const double fallen = first_log_ - log;
    if (!(fallen > 0)) return limit;
    const double left = log / fallen * static_cast<double>(products - first_products_);
    return std::min(limit, products + static_cast<std::int64_t>(std::ceil(left)));
}

SpectrumWatcher::SpectrumWatcher(bool is_quiet)
    : progress_(std::cerr, lab::detect_progress_style(is_quiet), lab::steady_seconds,
                lab::terminal_columns(), {"product", "HVP/s"}) {}

analysis::SpectrumWatch SpectrumWatcher::watch(std::string name, std::int64_t max_products) {
    // Products of earlier stages count on; the task belongs to the watch.
    struct State {
        lab::ProgressTask* task;
        ResidualSlope slope;
        std::string stage = "eigenvalues";
        std::int64_t before = 0, now = 0;
    };
    const auto state = std::make_shared<State>();
    state->task = &progress_.add(std::move(name), max_products);
    return [state, max_products](const analysis::SpectrumProgress& at) {
        if (at.stage != state->stage) {
            state->before += state->now;
            state->stage = at.stage;
        }
        state->now = at.products;
        const std::int64_t expected =
            at.expected > 0 ? at.expected
                            : state->slope.expect(at.products, at.worst_residual, max_products);
        state->task->expect(state->before + expected);
        state->task->at(state->before + at.products, {{"λ max", at.largest},
                                                      {"λ min", at.smallest},
                                                      {"residual/tolerance", at.worst_residual}});
        return !lab::is_interrupted();
    };
}

}  // namespace dualtape::tools
