#pragma once
// gnuplot, on one script of a folder.

#include <filesystem>
#include <string>

namespace dualtape::lab {

struct GnuplotEnd {
    enum class Status {
        finished,  // without an error, as far as gnuplot noticed
        missing,   // not installed, or this program was built without
        failed,    // it said so, or it died
        late       // it was still at work, or waited for something, when the limit passed
    };
    Status status = Status::failed;
    std::string complaint{};  // the line that says what went wrong; may be empty
};

// False in a program that was built without figures.
bool draws_figures();

// Lets gnuplot load FOLDER/STEM.gp. It runs in that folder, so the name of the folder is in no
// command; STEM holds letters, digits, . _ - alone. It draws the same for everyone: without
// start-up files (~/.gnuplot), and in an environment of its own, so neither GNUTERM, GNUPLOT_* and
// GDFONTPATH nor the locale reach it.
GnuplotEnd load_in_gnuplot(const std::filesystem::path& folder, const std::string& stem,
                           double limit_seconds);

}  // namespace dualtape::lab
