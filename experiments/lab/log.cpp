#include "experiments/lab/log.h"

#include <algorithm>
#include <ctime>
#include <exception>
#include <utility>

#include "experiments/lab/printable.h"

namespace dualtape::lab {

Log::Log(std::ostream& terminal, bool is_quiet) : terminal_(terminal), is_quiet_(is_quiet) {}

void Log::open(const std::filesystem::path& path) {
    const std::lock_guard guard(mutex_);
    file_ = std::make_unique<AppendFile>(path, AppendFile::Mode::keep);
}

void Log::set_before_line(std::function<void()> before_line) {
    const std::lock_guard guard(mutex_);
    before_line_ = std::move(before_line);
}

void Log::note(std::string_view message) { write("note", message, "", false); }
void Log::info(std::string_view message) { write("info", message, "", !is_quiet_); }

void Log::warn(std::string_view message) {
    {
        const std::lock_guard guard(mutex_);
        if (std::find(warnings_.begin(), warnings_.end(), message) != warnings_.end()) return;
        warnings_.emplace_back(message);
    }
    write("warning", message, "", true);
}

void Log::error(std::string_view message, std::string_view hint) {
    write("error", message, hint, true);
}

std::vector<std::string> Log::warnings() const {
    const std::lock_guard guard(mutex_);
    return warnings_;
}

void Log::write(std::string_view level, std::string_view message, std::string_view hint,
                bool is_shown) {
    const std::string text = printable(message), advice = printable(hint);
    const std::string label = level == "warning" || level == "error" ? std::string(level) : "";
    const std::lock_guard guard(mutex_);
    if (is_shown) {
        if (before_line_) before_line_();
        // One string, so that lines of other threads cannot come between its parts.
        std::string lines = (label.empty() ? "" : label + ": ") + text + "\n";
        if (!hint.empty()) lines += "hint:  " + advice + "\n";
        terminal_ << lines << std::flush;
    }
    if (!file_) return;
    const std::string start = utc_now() + "  ";
    std::string lines = start + std::string(level) + "  " + text + "\n";
    if (!hint.empty()) lines += start + "hint  " + advice + "\n";
    try {
        file_->append(lines);
    } catch (const std::exception&) {
        file_.reset();  // the disk is full: what matters will say so itself
    }
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts = {};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

}  // namespace dualtape::lab
