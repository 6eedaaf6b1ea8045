# dualtape_seal(TARGET): the archive of a static library offers dualtape's own symbols and no others.
#
# Eigen and the standard library are templates, so every archive brings its own copies of them,
# made with our flags; a program that links it has copies made with its own, and the linker takes
# one of each for both. With other alignments or instructions that ends in a crash. Sealed, an
# archive is one object: its copies are resolved inside it and local, so neither side sees the
# other's. As a script (cmake -P) this file seals one archive; included, it defines the function.
#
# Needs a linker that joins objects and an objcopy, of binutils or (the linker alone) of macOS.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  set(object ${ARCHIVE}.o)
  # Names in namespace dualtape: functions and variables, const member functions, local variables
  # of them, and what the compiler adds for virtual classes. std::vector<dualtape::Edit> is not one.
  set(namespace N8dualtape)
  set(names "")
  foreach(prefix _Z${namespace} _ZNK8dualtape _ZNO8dualtape _ZNR8dualtape _ZNKR8dualtape
      _ZNKO8dualtape _ZTV${namespace} _ZTT${namespace} _ZTI${namespace} _ZTS${namespace}
      _ZGV${namespace})
    string(APPEND names "${UNDERSCORE}${prefix}*\n")
  endforeach()
  file(WRITE ${ARCHIVE}.symbols "${names}")
  if(OBJCOPY)
    run(${LINKER} -r --force-group-allocation -o ${object} --whole-archive ${ARCHIVE})
    # Copies of inline functions are hidden by -fvisibility-inlines-hidden: they are local, too.
    run(${OBJCOPY} --wildcard --keep-global-symbols=${ARCHIVE}.symbols --localize-hidden ${object})
  else()
    run(${LINKER} -r -o ${object} -all_load ${ARCHIVE} -exported_symbols_list ${ARCHIVE}.symbols)
  endif()
  file(REMOVE ${ARCHIVE} ${ARCHIVE}.symbols)
  run(${AR} qc ${ARCHIVE} ${object})
  run(${RANLIB} ${ARCHIVE})
  file(REMOVE ${object})
  return()
endif()

# What is missing for it, or "".
function(dualtape_why_not_seal answer)
  set(reason "")
  if(DUALTAPE_SANITIZE)
    set(reason "programs that link sanitized libraries are sanitized themselves")
  elseif(CMAKE_INTERPROCEDURAL_OPTIMIZATION OR "${CMAKE_CXX_FLAGS} " MATCHES "-flto[ =]")
    set(reason "link-time optimisation leaves no machine code to seal")
  elseif(NOT APPLE AND NOT CMAKE_OBJCOPY)
    set(reason "there is no objcopy")
  elseif(NOT APPLE)
    execute_process(COMMAND ${CMAKE_LINKER} --help OUTPUT_VARIABLE help ERROR_QUIET)
    if(NOT help MATCHES "force-group-allocation")
      set(reason "the linker ${CMAKE_LINKER} cannot join objects with --force-group-allocation")
    endif()
  endif()
  set(${answer} "${reason}" PARENT_SCOPE)
endfunction()

dualtape_why_not_seal(dualtape_unsealed)
if(dualtape_unsealed)
  message(STATUS "Libraries are not sealed: ${dualtape_unsealed}. Programs that link them should "
    "be compiled with the same flags for instructions and for Eigen")
endif()

function(dualtape_seal target)
  if(dualtape_unsealed)
    return()
  endif()
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -D ARCHIVE=$<TARGET_FILE:${target}> -D LINKER=${CMAKE_LINKER}
      -D OBJCOPY=$<$<NOT:$<BOOL:${APPLE}>>:${CMAKE_OBJCOPY}> -D AR=${CMAKE_AR}
      -D RANLIB=${CMAKE_RANLIB} -D UNDERSCORE=$<$<BOOL:${APPLE}>:_>
      -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE})
endfunction()
