using System.Globalization;

namespace Casemate.Node.Enforcement;

/// <summary>
/// EPC limits in annotations of pods, as Intel's NRI plugin reads them (containers/nri-plugins, sgx-epc): for one container, else for each
/// container of the pod; bytes as a decimal number, 0 for none.
/// </summary>
internal static class EpcAnnotation
{
    private const string Base = "epc-limit.nri.io";
    private const int Shown = 40;

    /// <summary>Reads the limit of a container.</summary>
    /// <param name="annotations">The pod's annotations.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="bytes">The limit; 0 when nothing is said.</param>
    /// <param name="problem">What is wrong, for the pod's author; null otherwise.</param>
    /// <returns>False when an annotation is there and is no amount.</returns>
    public static bool TryRead(IReadOnlyDictionary<string, string> annotations, string container, out long bytes, out string? problem)
    {
        (bytes, problem) = (0, null);
        foreach (var key in (ReadOnlySpan<string>)[$"{Base}/container.{container}", $"{Base}/pod", Base])
        {
            if (!annotations.TryGetValue(key, out var value))
            {
                continue;
            }

            // .NET takes zero bytes after a number; here they are no part of one.
            if (value.All(char.IsAsciiDigit) && ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            {
                bytes = (long)Math.Min(amount, long.MaxValue);
                return true;
            }

            var shown = new string([.. value.Where(c => !char.IsControl(c)).Take(Shown)]);
            problem = $"The annotation '{key}' is '{shown}': write bytes of EPC as a whole number, such as 67108864.";
            return false;
        }

        return true;
    }
}
