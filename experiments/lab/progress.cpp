#include "experiments/lab/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace dualtape::lab {
namespace {

constexpr const char* kWipe = "\r\033[K";  // to the first column, then clear to the end

// The least of 1, 2, 5, 10, 20, 50, ... that is more than `step`.
std::int64_t next_round_step(std::int64_t step) {
    for (std::int64_t power = 1; power <= std::numeric_limits<std::int64_t>::max() / 10;
         power *= 10)
        for (const std::int64_t factor : {1, 2, 5})
            if (factor * power > step) return factor * power;
    return std::numeric_limits<std::int64_t>::max();
}

std::string three_digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

std::string format_rate(double rate) {
    if (rate < 100) return three_digits(rate);
    return std::to_string(std::llround(rate));
}

}  // namespace

ProgressTask::ProgressTask(Progress& owner, std::string name, std::int64_t num_steps)
    : owner_(&owner),
      name_(std::move(name)),
      num_steps_(num_steps),
      next_line_(next_round_step(0)) {}

void ProgressTask::resume(std::int64_t step) {
    const std::lock_guard guard(owner_->mutex_);
    first_step_ = step;
    step_.store(step, std::memory_order_relaxed);
    next_line_ = next_round_step(step);
}

void ProgressTask::at(std::int64_t step) {
    step_.store(step, std::memory_order_relaxed);
    owner_->show(*this);
}

void ProgressTask::at(std::int64_t step, const std::vector<Quantity>& quantities) {
    step_.store(step, std::memory_order_relaxed);
    {
        const std::lock_guard guard(owner_->mutex_);
        quantities_.clear();
        for (const Quantity& quantity : quantities)
            quantities_.emplace_back(quantity.name, quantity.value);
    }
    owner_->show(*this);
}

void ProgressTask::finish() {
    is_finished_ = true;
    owner_->show(*this);
}

Progress::Progress(std::ostream& out, Style style, Clock clock, int columns, Unit unit)
    : out_(out),
      style_(style),
      clock_(std::move(clock)),
      columns_(std::max(columns, 20)),
      unit_(std::move(unit)),
      start_(clock_()),
      next_update_(start_) {}

ProgressTask& Progress::add(std::string name, std::int64_t num_steps) {
    const std::lock_guard guard(mutex_);
    return tasks_.emplace_back(*this, std::move(name), num_steps);
}

void Progress::wipe() {
    const std::lock_guard guard(mutex_);
    if (!has_line_) return;
    out_ << kWipe << std::flush;
    has_line_ = false;
}

void Progress::finish() {
    const std::lock_guard guard(mutex_);
    if (!has_line_) return;
    out_ << "\n" << std::flush;
    has_line_ = false;
}

void Progress::show(ProgressTask& task) {
    if (style_ == Style::quiet) return;
    if (style_ == Style::plain) {
        const std::int64_t step = task.step_.load(std::memory_order_relaxed);
        if (task.has_last_line_) return;
        const bool is_last = step >= task.num_steps_ || task.is_finished_;
        if (!is_last && step < task.next_line_) return;
        task.next_line_ = next_round_step(step);
        task.has_last_line_ = is_last;
        const std::lock_guard guard(mutex_);
        out_ << line(task, clock_()) + "\n" << std::flush;
        return;
    }
    const double now = clock_();
    if (now < next_update_.load(std::memory_order_relaxed) && !task.is_finished_) return;
    const std::lock_guard guard(mutex_);
    if (now < next_update_ && !task.is_finished_) return;  // another thread was faster
    // Four times a second at first, every five seconds after a quarter of an hour.
    next_update_ = now + std::clamp((now - start_) / 200, 0.25, 5.0);
    out_ << kWipe + line(task, now).substr(0, static_cast<std::size_t>(columns_ - 1)) << std::flush;
    has_line_ = true;
}

std::string Progress::line(const ProgressTask& task, double now) const {
    const std::int64_t step = task.step_.load(std::memory_order_relaxed);
    std::string text;
    if (tasks_.size() > 1) {
        const auto is_finished = [](const ProgressTask& each) { return each.is_finished_.load(); };
        const auto num_done = std::count_if(tasks_.begin(), tasks_.end(), is_finished);
        text += "[" + std::to_string(num_done) + "/" + std::to_string(tasks_.size()) + "] ";
    }
    if (!task.name_.empty()) text += task.name_ + "  ";
    text += unit_.one + " " + std::to_string(step) + "/" + std::to_string(task.num_steps_);
    for (const auto& [name, value] : task.quantities_)
        text += "  " + name + " " + three_digits(value);
    std::int64_t done = 0;
    for (const ProgressTask& each : tasks_)
        done += each.step_.load(std::memory_order_relaxed) - each.first_step_;
    const double elapsed = now - start_;
    if (elapsed > 0 && done > 0)
        text += "  " + format_rate(static_cast<double>(done) / elapsed) + " " + unit_.per_second;
    text += "  " + format_duration(elapsed);
    const double left = seconds_left(now);
    if (left >= 0.5) text += ", " + format_duration(left) + " left";
    return text;
}

// As if every step of every task took the same time; 0 when nothing is known or nothing is left.
double Progress::seconds_left(double now) const {
    double done = 0, left = 0;
    for (const ProgressTask& task : tasks_) {
        const std::int64_t step = task.step_.load(std::memory_order_relaxed);
        done += static_cast<double>(step - task.first_step_);
        if (!task.is_finished_)
            left += static_cast<double>(std::max<std::int64_t>(task.num_steps_ - step, 0));
    }
    return done > 0 ? left * (now - start_) / done : 0;
}

Progress::Style detect_progress_style(bool is_quiet) {
    if (is_quiet) return Progress::Style::quiet;
    const char* terminal = std::getenv("TERM");
    const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return ::isatty(STDERR_FILENO) == 1 && !is_dumb ? Progress::Style::terminal
                                                    : Progress::Style::plain;
}

int terminal_columns() {
    winsize size = {};
    const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : 80;
}

double steady_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

std::string format_duration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "?";
    const auto whole = static_cast<long>(std::lround(seconds));
    const long days = whole / 86400, hours = whole / 3600, minutes = whole / 60 % 60;
    char text[48];
    if (days > 0)
        std::snprintf(text, sizeof text, "%ld d %ld h", days, hours % 24);
    else if (hours > 0)
        std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", hours, minutes, whole % 60);
    else
        std::snprintf(text, sizeof text, "%ld:%02ld", minutes, whole % 60);
    return text;
}

}  // namespace dualtape::lab
