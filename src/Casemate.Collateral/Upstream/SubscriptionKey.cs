using System.Text;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// The key of a subscription to Intel's provisioning service, in a file. Read on each use, so that it can be exchanged while the
/// service runs, and never shown.
/// </summary>
internal static class SubscriptionKey
{
    private const int MaximumBytes = 256;

    /// <summary>Reads the key.</summary>
    /// <param name="path">The file: printable ASCII, white space around it is ignored.</param>
    /// <param name="problem">What is wrong, without anything of the content; empty on success.</param>
    /// <returns>The key; null on failure.</returns>
    public static string? TryRead(string path, out string problem)
    {
        try
        {
            var content = BoundedFile.Read(path, MaximumBytes).AsSpan().Trim(" \t\r\n"u8);
            problem = content.IsEmpty || content.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E)
                ? $"{path}: it does not hold a subscription key (printable ASCII, one line)"
                : "";
            return problem.Length == 0 ? Encoding.ASCII.GetString(content) : null;
        }
        catch (MalformedInputException exception)
        {
            problem = $"the subscription key cannot be read: {exception.Message}";
            return null;
        }
    }
}
