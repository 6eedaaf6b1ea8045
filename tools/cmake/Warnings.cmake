# Warnings for our own sources; linked privately, so users of the libraries do not inherit them.
add_library(dualtape_warnings INTERFACE)
target_compile_options(dualtape_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  $<$<BOOL:${DUALTAPE_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # It warns falsely inside its own AVX-512 headers, which Eigen uses under -march=native, and
  # about sums of strings.
  target_compile_options(dualtape_warnings INTERFACE -Wno-maybe-uninitialized -Wno-uninitialized
                         -Wno-restrict)
endif()
