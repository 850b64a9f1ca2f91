namespace Casemate.Images.Closure;

/// <summary>Why a file is in a closure.</summary>
public enum ClosureReasonKind
{
    /// <summary>It is a program that was asked for.</summary>
    Program,
    /// <summary>It matches a pattern of files to include.</summary>
    Included,
    /// <summary>A program names it as its dynamic loader.</summary>
    Loader,
    /// <summary>A script names it in its first line.</summary>
    ScriptInterpreter,
    /// <summary>A program or library needs it (DT_NEEDED).</summary>
    Library,
    /// <summary>It is the same library for newer processors.</summary>
    ProcessorVariant,
    /// <summary>A program or library opens it while it runs.</summary>
    RuntimePart,
    /// <summary>Data that a function of the C library, or a library, reads while it runs.</summary>
    Data,
    /// <summary>The loader finds a library by it.</summary>
    LoaderConfiguration,
    /// <summary>It is a link on the way to a file that is in.</summary>
    Link,
}
