namespace Casemate.Node.Nri;

/// <summary>The runtime at the other end, as it introduced itself.</summary>
/// <param name="Name">Its name and version, without control characters and of at most 100 characters.</param>
/// <param name="Patience">How long it waits for an answer before it drops the plugin.</param>
internal sealed record NriRuntime(string Name, TimeSpan Patience)
{
    /// <summary>What runtimes wait where they do not say.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(2);

    private const int MaximumName = 100;

    /// <summary>Takes over what a runtime says of itself.</summary>
    public static NriRuntime Of(string name, string version, long requestTimeoutMs)
    {
        var text = new string([.. $"{name} {version}".Where(c => !char.IsControl(c)).Take(MaximumName)]).Trim();
        return new NriRuntime(
            text.Length == 0 ? "a runtime without a name" : text,
            requestTimeoutMs is > 0 and <= 3_600_000 ? TimeSpan.FromMilliseconds(requestTimeoutMs) : DefaultPatience);
    }
}
