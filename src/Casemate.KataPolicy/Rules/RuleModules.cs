using System.Collections.Concurrent;
using System.Text;

namespace Casemate.KataPolicy;

/// <summary>The rules, as they are embedded in this library.</summary>
internal static class RuleModules
{
    private static readonly ConcurrentDictionary<string, string> s_texts = new(StringComparer.Ordinal);

    internal static string Read(string name) => s_texts.GetOrAdd(name, static name =>
    {
        using var stream = typeof(RuleModules).Assembly.GetManifestResourceStream($"Casemate.KataPolicy.Rules.{name}.rego")
            ?? throw new InvalidOperationException($"the rules '{name}' are not part of this build");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    });
}
