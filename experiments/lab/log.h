#pragma once
// Messages: all go with their time to log.txt, those that matter to stderr; warnings are kept.

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/lab/files.h"

namespace dualtape::lab {

// A message is one line: its control characters are written as escapes. Safe to use from several
// threads. A log that cannot be written (full disk) never stops a run.
class Log {
  public:
    // Messages go to `terminal`; info only when not quiet. `before_line` runs before each message
    // on the terminal (the progress line is wiped there).
    Log(std::ostream& terminal, bool is_quiet);

    void open(const std::filesystem::path& path);  // log.txt, appended
    void set_before_line(std::function<void()> before_line);

    void note(std::string_view message);  // log.txt only
    void info(std::string_view message);  // also the terminal
    void warn(std::string_view message);  // also the manifest and the report
    void error(std::string_view message, std::string_view hint);
    std::vector<std::string> warnings() const;  // in the order given, each text once

  private:
    void write(std::string_view level, std::string_view message, std::string_view hint,
               bool is_shown);

    mutable std::mutex mutex_;
    std::ostream& terminal_;
    bool is_quiet_;
    std::function<void()> before_line_;
    std::unique_ptr<AppendFile> file_;
    std::vector<std::string> warnings_;
};

// 2026-03-01T12:00:00Z
std::string utc_now();

}  // namespace dualtape::lab
