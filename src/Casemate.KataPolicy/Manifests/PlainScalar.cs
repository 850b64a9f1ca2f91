using System.Text.RegularExpressions;

namespace Casemate.KataPolicy.Manifests;

/// <summary>What a word without quotes is. Source: YAML 1.1 types as kubectl's reader resolves them.</summary>
internal static partial class PlainScalar
{
    public static ScalarType TypeOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarType.Null,
        _ when IsTrue(text) || IsFalse(text) => ScalarType.Boolean,
        _ when text.Length <= 100 && Number().IsMatch(text) => ScalarType.Number,
        _ => ScalarType.Text,
    };

    public static bool IsTrue(string text) =>
        text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y";

    public static bool IsFalse(string text) =>
        text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N";

    [GeneratedRegex(
        @"^[-+]?(?:0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
            + @"|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
