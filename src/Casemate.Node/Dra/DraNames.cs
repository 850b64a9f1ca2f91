namespace Casemate.Node.Dra;

/// <summary>Names that the driver, the kubelet, the scheduler and the runtime have in common.</summary>
internal static class DraNames
{
    /// <summary>The driver; also the domain of its attributes and capacities.</summary>
    public const string Driver = "sgx.casemate.dev";

    /// <summary>The service version that the kubelet looks for.</summary>
    public const string Service = "v1.DRAPlugin";

    /// <summary>Capacity of EPC devices.</summary>
    public const string Epc = "epc";

    /// <summary>Capacity of devices that give access and no memory.</summary>
    public const string Slots = "slots";

    /// <summary>Name of the registration socket.</summary>
    public const string RegistrationSocket = Driver + "-reg.sock";

    /// <summary>Name of the service socket, in the driver's directory.</summary>
    public const string ServiceSocket = "dra.sock";

    private const int LongestUid = 64;

    /// <summary>
    /// True for what can be the UID of an object and stands in file names: letters, digits and hyphens. The kubelet's are UUIDs; nothing
    /// else from a peer becomes a path.
    /// </summary>
    public static bool IsUid(string? text) =>
        text is { Length: > 0 and <= LongestUid } && char.IsAsciiLetterOrDigit(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-');
}
