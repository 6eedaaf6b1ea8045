#include "tools/dualtape/spectrum_watch.h"

#include <iostream>

#include "engine/core/check.h"
#include "experiments/lab/interrupt.h"

namespace dualtape::tools {

SpectrumWatcher::SpectrumWatcher(std::ostream& out, lab::Progress::Style style,
                                 lab::Progress::Clock clock)
    : progress_(out, style, std::move(clock), lab::terminal_columns(), {"product", "HVP/s"}) {}

SpectrumWatcher::SpectrumWatcher(bool is_quiet)
    : SpectrumWatcher(std::cerr, lab::detect_progress_style(is_quiet), lab::steady_seconds) {}

void SpectrumWatcher::announce(const std::string& name) {
    waiting_.push_back(&progress_.add(name, 0));
}

analyses::SpectrumWatch SpectrumWatcher::next() {
    DUALTAPE_CHECK(waiting_.empty(), ==, false);
    if (current_ != nullptr) current_->finish();
    current_ = waiting_.front();
    waiting_.pop_front();
    current_->resume(0);
    return [task = current_](const analyses::SpectrumProgress& at) {
        task->expect(at.total);
        if (at.worst_residual > 0) {
            task->at(at.products, {{"λ max", at.largest},
                                   {"λ min", at.smallest},
                                   {"residual/tolerance", at.worst_residual}});
        } else {
            task->at(at.products);
        }
        return !lab::is_interrupted();
    };
}

void SpectrumWatcher::finish() {
    if (current_ != nullptr) current_->finish();
    progress_.finish();
}

}  // namespace dualtape::tools
