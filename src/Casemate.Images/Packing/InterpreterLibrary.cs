using System.Text.RegularExpressions;
using Casemate.Images.Closure;
using Casemate.Oci.Tar;

namespace Casemate.Images.Packing;

/// <summary>Notices interpreters that were packed without their own library, which no loader sees.</summary>
internal static partial class InterpreterLibrary
{
    /// <summary>One sentence for each interpreter that would find nothing of its library.</summary>
    /// <param name="files">The files of the image.</param>
    /// <param name="nothingIsIncluded">Whether there is nothing but the program and what it needs.</param>
    public static IEnumerable<string> Findings(IReadOnlyCollection<PackedFile> files, bool nothingIsIncluded)
    {
        foreach (var file in files.Where(file => file.Kind is TarEntryKind.File && file.Reasons.Any(
            reason => reason.Kind is ClosureReasonKind.Program or ClosureReasonKind.ScriptInterpreter)))
        {
            var name = Name().Match(file.Path[(file.Path.LastIndexOf('/') + 1)..]);
            var example = !name.Success ? null : name.Groups["name"].Value switch
            {
                "python" => Has(files, "/encodings/") || Has(files, "/python3", ".zip") ? null : $"/usr/lib/python{Version(name, "3.*")}",
                "perl" => Has(files, "/strict.pm") ? null : "/usr/share/perl",
                "ruby" => Has(files, "/rubygems") ? null : "/usr/lib/ruby",
                "java" => Has(files, "/lib/modules") || Has(files, "/rt.jar") ? null : "/usr/lib/jvm",
                // It has its library in itself, but no script unless one is included.
                "node" or "nodejs" => nothingIsIncluded && IsProgram(file) ? "/app" : null,
                _ => null,
            };
            if (example is not null)
            {
                yield return $"{Shown.Of(file.Path)} is an interpreter, and nothing of its library is in the image: include what it needs, "
                    + $"such as --include {example}";
            }
        }
    }

    private static bool Has(IEnumerable<PackedFile> files, string part, string end = "") => files.Any(
        file => file.Path.Contains(part, StringComparison.Ordinal) && file.Path.EndsWith(end, StringComparison.Ordinal));

    private static bool IsProgram(PackedFile file) => file.Reasons.Any(
        reason => reason.Kind is ClosureReasonKind.Program);

    private static string Version(Match name, string other) => name.Groups["version"].Value is { Length: > 1 } version ? version : other;

    [GeneratedRegex(@"^(?<name>python|perl|ruby|nodejs|node|java)(?<version>[0-9]+(\.[0-9]+)*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
