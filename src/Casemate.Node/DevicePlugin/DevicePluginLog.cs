using Microsoft.Extensions.Logging;

namespace Casemate.Node.DevicePlugin;

/// <summary>Log messages of the device plugin. Event ids 3620-3659; an id is never given a second meaning.</summary>
internal static partial class DevicePluginLog
{
    [LoggerMessage(
        3620, LogLevel.Information, "Registered {Resource}: {Devices} devices, {Healthy} of them healthy, a list of {Bytes} bytes")]
    public static partial void Registered(ILogger logger, string resource, int devices, int healthy, long bytes);

    [LoggerMessage(3621, LogLevel.Warning, "{Resource} is not registered: {Problem}")]
    public static partial void NotRegistered(ILogger logger, string resource, string problem);

    [LoggerMessage(3622, LogLevel.Information, "Registering {Resource} again: {Reason}")]
    public static partial void RegisteringAgain(ILogger logger, string resource, string reason);

    [LoggerMessage(3623, LogLevel.Information, "Sent the list of {Resource}: {Devices} devices, {Healthy} of them healthy, {Bytes} bytes")]
    public static partial void Listed(ILogger logger, string resource, int devices, int healthy, long bytes);

    [LoggerMessage(3624, LogLevel.Information, "{Resource} has {Devices} devices now, {Healthy} of them healthy, a list of {Bytes} bytes")]
    public static partial void ListChanged(ILogger logger, string resource, int devices, int healthy, long bytes);

    [LoggerMessage(3625, LogLevel.Error,
        "{Resource} is not offered: a list of {Devices} devices can have {Bytes} bytes and the kubelet takes {Limit}. "
            + "Lower epc-device-limit-mib, so that EPC stands in the node's status instead")]
    public static partial void ListTooLong(ILogger logger, string resource, int devices, long bytes, int limit);

    [LoggerMessage(3626, LogLevel.Error,
        "EPCNotAdvertised: the kubelet offers {Advertised} of {Resource}, {Expected} are expected; the list has {Bytes} bytes, "
            + "the kubelet takes {Limit}. Look into the kubelet's log for ListAndWatch")]
    public static partial void NotAdvertised(ILogger logger, string resource, long advertised, long expected, long bytes, int limit);

    [LoggerMessage(
        3630, LogLevel.Information,
        "Gave {Devices} devices of {Resource} with {Bytes} bytes of EPC as allocation {Allocation} in {Milliseconds:0.000} ms")]
    public static partial void Allocated(ILogger logger, string resource, string allocation, int devices, long bytes, double milliseconds);

    [LoggerMessage(3631, LogLevel.Warning, "Gave nothing of {Resource}: {Reason}")]
    public static partial void NotAllocated(ILogger logger, string resource, string reason);

    [LoggerMessage(3627, LogLevel.Information, "The CDI specification is in {Directory} again")]
    public static partial void CdiAgain(ILogger logger, string directory);

    [LoggerMessage(3628, LogLevel.Error,
        "Directories for AESM sockets cannot be made in {Directory}: {Problem}. Containers with EPC are not admitted until they can: mount "
            + "the directory writable, at the same path as on the node, or leave --aesm-allocations out")]
    public static partial void NoAesm(ILogger logger, string directory, string problem);

    [LoggerMessage(3629, LogLevel.Information, "Directories for AESM sockets can be made in {Directory} again")]
    public static partial void AesmAgain(ILogger logger, string directory);

    [LoggerMessage(3632, LogLevel.Information, "Removed the AESM directory of allocation {Allocation}, which no container holds any more")]
    public static partial void Swept(ILogger logger, string allocation);

    [LoggerMessage(3633, LogLevel.Warning, "{Path} cannot be swept: {Problem}")]
    public static partial void NotSwept(ILogger logger, string path, string problem);

    [LoggerMessage(
        3634, LogLevel.Information,
        "Another agent answers at {Socket}: {Resource} is registered beside it, and given by this one from now on. While the agent is replaced "
            + "this is as it should be")]
    public static partial void TakesOver(ILogger logger, string resource, string socket);

    [LoggerMessage(3635, LogLevel.Warning, "{Overcommitment}")]
    public static partial void Overcommitted(ILogger logger, string overcommitment);

    [LoggerMessage(3636, LogLevel.Information, "What is held of EPC fits again: {Used} of {Capacity} bytes")]
    public static partial void WithinCapacity(ILogger logger, long used, long capacity);

    [LoggerMessage(3640, LogLevel.Information, "The account of EPC is rebuilt: {Used} of {Capacity} bytes are held")]
    public static partial void Rebuilt(ILogger logger, long used, long capacity);

    [LoggerMessage(3641, LogLevel.Warning,
        "What containers hold cannot be read from {Socket}: {Problem}. Mount the kubelet's pod-resources directory into the agent")]
    public static partial void NoPodResources(ILogger logger, string socket, string problem);

    [LoggerMessage(3642, LogLevel.Warning,
        "The way in which EPC is offered stays as it is: {Reason} Drain the node to have it at once")]
    public static partial void MigrationRefused(ILogger logger, string reason);

    [LoggerMessage(3643, LogLevel.Warning, "No events of {Directory}, it is looked at from time to time: {Problem}")]
    public static partial void NoEvents(ILogger logger, string directory, string problem);

    [LoggerMessage(3644, LogLevel.Error,
        "The CDI specification cannot be written to {Directory}: {Problem}. Mount the directory writable, or leave --cdi-dir out")]
    public static partial void NoCdi(ILogger logger, string directory, string problem);

    [LoggerMessage(3645, LogLevel.Information, "Offered: {What}")]
    public static partial void Offered(ILogger logger, string what);

    [LoggerMessage(3646, LogLevel.Information, "The kubelet offers all {Devices} of {Resource} again")]
    public static partial void AdvertisedAgain(ILogger logger, string resource, long devices);

    [LoggerMessage(3647, LogLevel.Information, "What containers hold can be read again from {Socket}")]
    public static partial void PodResourcesAgain(ILogger logger, string socket);

    [LoggerMessage(3648, LogLevel.Warning,
        "No kubelet listens on {Socket}; the agent registers as soon as one does. Where one runs, mount its device-plugins directory "
            + "into the agent, or name it with --kubelet-dir")]
    public static partial void NoKubelet(ILogger logger, string socket);

    [LoggerMessage(3649, LogLevel.Information, "A kubelet listens on {Socket}")]
    public static partial void KubeletThere(ILogger logger, string socket);
}
