namespace Casemate.Node;

/// <summary>A resource of the device plugin at one moment.</summary>
/// <param name="Name">The resource's name.</param>
/// <param name="Devices">How many devices are listed.</param>
/// <param name="Expected">How many of them are healthy: what the kubelet should offer.</param>
/// <param name="Advertised">What the kubelet offers, as far as is known; 0 until it said so.</param>
/// <param name="ListBytes">The size of the list's message.</param>
/// <param name="Listed">True while a kubelet has the list.</param>
/// <param name="Registrations">How often a kubelet took the registration.</param>
public sealed record ResourceStatus(
    string Name, int Devices, long Expected, long Advertised, long ListBytes, bool Listed, long Registrations);
