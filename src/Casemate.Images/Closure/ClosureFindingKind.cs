namespace Casemate.Images.Closure;

/// <summary>What was found about a closure besides its files. Closed: a new finding is a new member, and its name is public API.</summary>
public enum ClosureFindingKind
{
    /// <summary>A program that was asked for is not in the root.</summary>
    ProgramMissing = 0,
    /// <summary>A pattern of files to include matches none.</summary>
    NothingIncluded,
    /// <summary>The dynamic loader that a program names is not in the root.</summary>
    LoaderMissing,
    /// <summary>The interpreter in a script's first line is not in the root.</summary>
    ScriptInterpreterMissing,
    /// <summary>A library was found in no directory that the loader searches.</summary>
    LibraryMissing,
    /// <summary>A library was not found, and the user allows that.</summary>
    MissingAllowed,
    /// <summary>The file that the loader would take is not one that it can load.</summary>
    NotLoadable,
    /// <summary>A library does not define a version of its symbols that another file needs.</summary>
    SymbolVersionMissing,
    /// <summary>No file defines a symbol that another needs.</summary>
    SymbolMissing,
    /// <summary>A part that is opened while the program runs is not in the root.</summary>
    RuntimePartMissing,
    /// <summary>Parts for quotes inside and outside of the process are mixed.</summary>
    QuoteModesMixed,
    /// <summary>Data that a switch asks for are not in the root.</summary>
    DataMissing,
    /// <summary>The loader's cache is malformed, so that <c>ld.so.conf</c> was used in its place.</summary>
    LoaderCacheUnreadable,
    /// <summary>A library is in a directory that <c>ld.so.conf</c> names and no cache knows, so that the loader would not find it.</summary>
    LoaderCacheMissing,
    /// <summary>A link that would be in leads nowhere inside the root.</summary>
    LinkBroken,
    /// <summary>A database of packages is of a kind that is not read, so that origins are not known.</summary>
    PackagesUnread,
}
