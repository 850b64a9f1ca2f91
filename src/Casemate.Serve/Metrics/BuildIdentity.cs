using System.Reflection;

namespace Casemate.Serve.Metrics;

/// <summary>Which build of the program this is: the labels of <c>casemate_build_info</c>, one series.</summary>
internal static class BuildIdentity
{
    /// <summary>The metric's name.</summary>
    public const string MetricName = "casemate_build_info";

    /// <summary>The labels: version, commit, runtime. A build that was told no commit has an empty one.</summary>
    public static KeyValuePair<string, object?>[] Labels { get; } = Read(
        typeof(BuildIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    /// <summary>Splits a version as the SDK writes it, <c>0.1.0+COMMIT</c>.</summary>
    public static KeyValuePair<string, object?>[] Read(string informational)
    {
        var plus = informational.IndexOf('+', StringComparison.Ordinal);
        return
        [
            new("version", plus < 0 ? informational : informational[..plus]),
            new("commit", plus < 0 ? "" : informational[(plus + 1)..]),
            new("runtime", Environment.Version.ToString()),
        ];
    }
}
