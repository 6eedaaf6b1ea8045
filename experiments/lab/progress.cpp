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

void Interlude::begin() {
    const std::lock_guard guard(task_->owner_->mutex_);
    begin_ = task_->owner_->clock_();
    is_open_ = true;
}

void Interlude::end() {
    const std::lock_guard guard(task_->owner_->mutex_);
    seconds_ = seconds_at(task_->owner_->clock_());
    is_open_ = false;
    ++done_;
}

ProgressTask::ProgressTask(Progress& owner, std::string name, std::int64_t num_steps)
    : owner_(&owner),
      name_(std::move(name)),
      start_(owner.clock_()),
      num_steps_(num_steps),
      next_line_(next_round_step(0)) {}

void ProgressTask::resume(std::int64_t step) {
    const std::lock_guard guard(owner_->mutex_);
    first_step_ = step;
    start_ = owner_->clock_();
    has_begun_ = true;
    step_.store(step, std::memory_order_relaxed);
    next_line_ = next_round_step(step);
}

Interlude& ProgressTask::add_interlude(std::int64_t planned) {
    const std::lock_guard guard(owner_->mutex_);
    return interludes_.emplace_back(*this, planned);
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
    {
        const std::lock_guard guard(owner_->mutex_);
        end_ = owner_->clock_();
    }
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
        const bool is_last = (task.num_steps_ > 0 && step >= task.num_steps_) || task.is_finished_;
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
    text += unit_.one + " " + std::to_string(step);
    if (task.num_steps_ > 0) text += "/" + std::to_string(task.num_steps_);
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

// left = steps to come * seconds of a step + interludes to come * seconds of an interlude, each
// kind at the mean of what this task has done of it. Before its first step nothing is known.
Progress::TaskTime Progress::time_of(const ProgressTask& task, double now) const {
    const std::int64_t step = task.step_.load(std::memory_order_relaxed);
    TaskTime time{(task.is_finished_ ? task.end_ : now) - task.start_, 0};
    if (task.is_finished_) return time;
    double of_steps = time.spent;
    for (const Interlude& interlude : task.interludes_) {
        const double seconds = interlude.seconds_at(now);
        of_steps -= seconds;
        const std::int64_t begun = interlude.done_ + (interlude.is_open_ ? 1 : 0);
        if (begun > 0 && interlude.planned_ > begun)
            time.left += static_cast<double>(interlude.planned_ - begun) * seconds /
                         static_cast<double>(begun);
    }
    const std::int64_t done = step - task.first_step_, to_do = task.num_steps_ - step;
    if (to_do > 0)
        time.left += done > 0 ? static_cast<double>(to_do) * of_steps / static_cast<double>(done)
                              : std::numeric_limits<double>::quiet_NaN();
    return time;
}

// Tasks without a step yet are taken to need as long for one, all in all, as the others; so many
// tasks run side by side as did until now, and the longest of them ends no sooner. 0 when nothing
// is known or nothing is left, or when a task does not know its number of steps.
double Progress::seconds_left(double now) const {
    double spent = 0, left = 0, longest = 0, whole = 0, whole_steps = 0, waiting_steps = 0;
    double first_start = now;
    for (const ProgressTask& task : tasks_) {
        if (!task.is_finished_ && task.num_steps_ == 0) return 0;
        const auto steps = static_cast<double>(task.num_steps_ - task.first_step_);
        const TaskTime time = time_of(task, now);
        if (std::isnan(time.left)) {
            waiting_steps += std::max(steps, 0.0);
            continue;
        }
        if (task.has_begun_) {
            first_start = std::min(first_start, task.start_);
            spent += time.spent;
        }
        left += time.left;
        longest = std::max(longest, time.left);
        whole += time.spent + time.left;
        whole_steps += steps;
    }
    if (whole_steps > 0) left += waiting_steps * whole / whole_steps;
    const double side_by_side = now > first_start ? spent / (now - first_start) : 1;
    return std::max(left / std::max(side_by_side, 1.0), longest);
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
