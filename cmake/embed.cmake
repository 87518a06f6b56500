# embed(LIBRARY SYMBOL FILE): FILE's bytes become `extern const char SYMBOL[], SYMBOL_end[]`
# in LIBRARY, followed by a zero byte.
function(embed library symbol file)
  get_filename_component(path ${file} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  if(NOT TARGET ${library} OR NOT EXISTS ${path})
    return()
  endif()
  set(assembly ${CMAKE_BINARY_DIR}/embed/${symbol}.S)
  file(CONFIGURE OUTPUT ${assembly} CONTENT
".section .rodata
.global ${symbol}
.global ${symbol}_end
.balign 16
${symbol}:
.incbin \"${path}\"
${symbol}_end:
.byte 0
.section .note.GNU-stack,\"\",%progbits
" @ONLY)
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${path})
  target_sources(${library} PRIVATE ${assembly})
endfunction()

# join(OUT FILES...): OUT holds them one behind the other, and is made anew when one changes.
function(join out)
  set(all "")
  foreach(file ${ARGN})
    file(READ ${file} text)
    string(APPEND all "${text}")
  endforeach()
  file(CONFIGURE OUTPUT ${out} CONTENT "@all@" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
endfunction()
