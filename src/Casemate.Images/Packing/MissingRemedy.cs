using Casemate.Images.Closure;

namespace Casemate.Images.Packing;

/// <summary>What to do about what is missing: only what helps against the kinds of problems that there are.</summary>
internal static class MissingRemedy
{
    private const string Allow = "or allow that it is missing: --allow-missing NAME.";

    /// <summary>The sentences for some problems, each once.</summary>
    /// <param name="kinds">The problems.</param>
    public static string? For(IEnumerable<ClosureFindingKind> kinds)
    {
        var sentences = kinds.Select(For).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return sentences.Count == 0 ? null : string.Join(' ', sentences);
    }

    private static string? For(ClosureFindingKind kind) => kind switch
    {
        ClosureFindingKind.LibraryMissing =>
            "Install the library where the loader searches, or name its directory in the image (--env LD_LIBRARY_PATH=/app/lib, or an "
            + "rpath in the program); including the file alone does not help. Or allow that it is missing: --allow-missing NAME.",
        ClosureFindingKind.RuntimePartMissing =>
            $"Install the part of the SGX runtime in the root, take it along with --include where the program does not name it, {Allow}",
        ClosureFindingKind.LoaderMissing or ClosureFindingKind.ScriptInterpreterMissing => $"Install it in the root, {Allow}",
        ClosureFindingKind.ProgramMissing => "Name a program that is there.",
        ClosureFindingKind.NothingIncluded => $"See how the pattern is written and where the files are, {Allow}",
        ClosureFindingKind.NotLoadable =>
            "Take a file that was built for x86-64 Linux and is whole; a script begins with #! and its interpreter.",
        ClosureFindingKind.SymbolVersionMissing or ClosureFindingKind.SymbolMissing =>
            "Take program and libraries from the same release of the distribution.",
        ClosureFindingKind.QuoteModesMixed => "Choose the mode with --quote, and include what belongs to it alone.",
        _ => null,
    };
}
