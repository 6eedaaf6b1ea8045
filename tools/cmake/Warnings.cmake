# Warnings for our own sources; linked privately, so users of the libraries do not inherit them.
add_library(dualtape_warnings INTERFACE)
target_compile_options(dualtape_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  $<$<BOOL:${DUALTAPE_WERROR}>:-Werror>)
