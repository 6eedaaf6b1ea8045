#pragma once
// Words of commands that a message or report prints for people to copy into a shell.

#include <string>

namespace dualtape::lab {

// The word as it is typed in bash, zsh or ksh, so that the shell reads it as exactly these bytes:
// plain where it can be, 'quoted' where it must be, $'...' where it holds control characters,
// which then are shown as escapes and never reach a terminal.
std::string shell_word(const std::string& word);

// "cd FOLDER && " in front of a command; nothing for the folder that one is in.
std::string shell_in_folder(const std::string& folder, const std::string& command);

}  // namespace dualtape::lab
