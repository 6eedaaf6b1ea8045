# Sanitizers apply to everything that is built, hence the global options.
set(DUALTAPE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
if(DUALTAPE_SANITIZE)
  add_compile_options(-fsanitize=${DUALTAPE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DUALTAPE_SANITIZE})
endif()
