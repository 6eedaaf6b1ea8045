#pragma once
// The commit of this build. Link dualtape_git_info; tools/cmake/GitInfo.cmake writes the values.

namespace dualtape {

extern const char* const kGitHash;  // 12 digits; "unknown" outside a git checkout
extern const bool kIsGitDirty;      // tracked files differed from that commit

}  // namespace dualtape
