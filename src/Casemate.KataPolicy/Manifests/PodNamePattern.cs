namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// The names that a workload's pods get, as anchored regular expressions that Rust's and Go's engines read alike. Sources: the
/// controllers of Kubernetes and k8s.io/apiserver <c>names.SimpleNameGenerator</c>.
/// </summary>
internal static class PodNamePattern
{
    // The alphabet of generated suffixes: no vowels, no characters that look alike.
    private const string Suffix = "[bcdfghjklmnpqrstvwxz2456789]+";

    // A generated name keeps at most this much of its base before the suffix of five characters.
    private const int MaxGeneratedBase = 58;

    /// <summary>A pattern that matches no name, for a workload whose name is missing.</summary>
    public const string Nothing = "^[^a-z0-9]$";

    public static string Of(string kind, string? name, string? generateName)
    {
        if (name is null && generateName is null)
        {
            return Nothing;
        }

        // A generated name of a controller is itself a name with a suffix.
        var literal = name is not null ? Escape(name) : Escape(Cut(generateName!)) + Suffix;
        var length = name?.Length ?? Cut(generateName!).Length + 5;
        return kind switch
        {
            "Pod" => $"^{literal}$",
            "Deployment" => Generated(literal, length + 11, name, $"-{Suffix}-{Suffix}"),
            "StatefulSet" => $"^{literal}-[0-9]+$",
            "Job" => Generated(literal, length + 12, name, $"(-[0-9]+)?-{Suffix}"),
            "CronJob" => Generated(literal, length + 24, name, $"-[0-9]+(-[0-9]+)?-{Suffix}"),
            _ => Generated(literal, length + 1, name, $"-{Suffix}"),
        };
    }

    // Long names are cut before the suffix is put on, and the cut may fall into anything that stands before it.
    private static string Generated(string literal, int baseLength, string? name, string ending) =>
        baseLength <= MaxGeneratedBase ? $"^{literal}{ending}$"
        : name is null ? $"^{literal}(-[0-9a-z-]*)?$"
        : $"^{Escape(Cut(name))}([0-9a-z-]*){Suffix}$";

    private static string Cut(string name) => name.Length <= MaxGeneratedBase ? name : name[..MaxGeneratedBase];

    // Names are checked to hold only a-z, 0-9, '-' and '.'.
    private static string Escape(string name) => name.Replace(".", "\\.", StringComparison.Ordinal);
}
