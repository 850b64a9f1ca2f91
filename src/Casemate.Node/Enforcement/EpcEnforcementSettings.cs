namespace Casemate.Node.Enforcement;

/// <summary>How EPC limits of containers are set.</summary>
public sealed record EpcEnforcementSettings
{
    /// <summary>Where runtimes have their NRI socket.</summary>
    public const string DefaultSocket = "/var/run/nri/nri.sock";

    // sockaddr_un has 108 bytes, one of them for the end.
    private const int LongestSocket = 107;

    /// <summary>Whether limits are set. Default <see cref="EpcEnforcementMode.Off"/>.</summary>
    public EpcEnforcementMode Mode { get; init; }

    /// <summary>The runtime's NRI socket; null: the agent does not connect. Default <see cref="DefaultSocket"/>.</summary>
    public string? NriSocket { get; init; } = DefaultSocket;

    /// <summary>Every value that cannot be used, with what to write instead.</summary>
    public IEnumerable<string> Problems()
    {
        if (Mode is EpcEnforcementMode.On && NriSocket is null)
        {
            yield return "EPC limits shall be enforced, and the runtime's NRI socket is switched off: name the socket, or do not ask for it.";
        }

        if (NriSocket is { } socket && (!Path.IsPathRooted(socket) || System.Text.Encoding.UTF8.GetByteCount(socket) > LongestSocket))
        {
            yield return $"The NRI socket '{socket}' cannot be used: write a full path of at most {LongestSocket} bytes.";
        }
    }
}
