using Microsoft.Extensions.Logging;

namespace Casemate.Node.Dra;

/// <summary>Log messages of the DRA driver. Event ids 3680-3699; an id is never given a second meaning.</summary>
internal static partial class DraLog
{
    [LoggerMessage(3680, LogLevel.Information, "Serving DRA on {Socket}")]
    public static partial void Serving(ILogger logger, string socket);

    [LoggerMessage(3681, LogLevel.Warning,
        "DRA is not served, tried again each second: {Problem}. Mount the kubelet's plugins and plugins_registry directories")]
    public static partial void NotServing(ILogger logger, string problem);

    [LoggerMessage(3682, LogLevel.Information, "The kubelet registered the driver {Driver}")]
    public static partial void Registered(ILogger logger, string driver);

    [LoggerMessage(3683, LogLevel.Error,
        "The kubelet did not register the driver {Driver}: {Problem}. Look into its log; two drivers may have one name")]
    public static partial void NotRegistered(ILogger logger, string driver, string problem);

    [LoggerMessage(3684, LogLevel.Information, "Published {Devices} devices in {Slices} ResourceSlices, generation {Generation}")]
    public static partial void Published(ILogger logger, int devices, int slices, long generation);

    [LoggerMessage(3685, LogLevel.Warning, "The ResourceSlices are not as they should be: {Problem}")]
    public static partial void NotPublished(ILogger logger, string problem);

    [LoggerMessage(3686, LogLevel.Information, "Claim {Namespace}/{Name} ({Uid}) is ready: {Devices} devices, {Bytes} bytes of EPC")]
    public static partial void Prepared(ILogger logger, string @namespace, string name, string uid, int devices, long bytes);

    [LoggerMessage(3687, LogLevel.Warning, "Claim {Namespace}/{Name} ({Uid}) is not ready: {Reason}")]
    public static partial void NotPrepared(ILogger logger, string @namespace, string name, string uid, string reason);

    [LoggerMessage(3688, LogLevel.Information, "Claim {Uid} is released")]
    public static partial void Released(ILogger logger, string uid);

    [LoggerMessage(3689, LogLevel.Warning,
        "Claim {Uid} is not released, the kubelet asks again: {Reason}. Let the agent write its directories")]
    public static partial void NotReleased(ILogger logger, string uid, string reason);

    [LoggerMessage(3690, LogLevel.Information, "Removed {Path}, which no claim needs any more")]
    public static partial void Swept(ILogger logger, string path);

    [LoggerMessage(3691, LogLevel.Error,
        "The state of a claim in {Path} cannot be read, nor its copy ({Problem}): it counts as all the EPC there is, and no other claim "
            + "gets any, until the kubelet asks for it again or releases it; restart the kubelet to have it ask")]
    public static partial void DamagedState(ILogger logger, string path, string problem);

    [LoggerMessage(3692, LogLevel.Warning, "{Path} cannot be read or written: {Problem}. Mount its directory writable into the agent")]
    public static partial void NoFiles(ILogger logger, string path, string problem);

    [LoggerMessage(3693, LogLevel.Warning,
        "Prepared claims cannot be compared with the API server, tried again each half minute: {Problem}")]
    public static partial void NotCompared(ILogger logger, string problem);

    [LoggerMessage(
        3694, LogLevel.Information, "Answered for claim {Uid} from its state file, since the API server did not answer: {Problem}")]
    public static partial void AnsweredFromState(ILogger logger, string uid, string problem);

    [LoggerMessage(3695, LogLevel.Warning,
        "What became of a claim cannot be written to it: {Problem}. Pods are not held up; the agent needs patch of resourceclaims/status, "
            + "and of resourceclaims/driver since Kubernetes 1.36")]
    public static partial void NotReported(ILogger logger, string problem);

    [LoggerMessage(3696, LogLevel.Information,
        "The API server keeps no status of allocated devices (feature gate DRAResourceClaimDeviceStatus); claims go without it")]
    public static partial void StatusNotOffered(ILogger logger);

    [LoggerMessage(3697, LogLevel.Warning, "The state of a claim in {Path} was damaged ({Problem}) and is written anew from its copy")]
    public static partial void RestoredState(ILogger logger, string path, string problem);

    [LoggerMessage(
        3698, LogLevel.Warning, "Claim {Uid} has no name that the API server could be asked for ({Problem}): the kubelet releases it")]
    public static partial void NotAskable(ILogger logger, string uid, string problem);
}
