namespace Casemate.Node;

/// <summary>EPC that one container asked for.</summary>
/// <param name="Namespace">Its pod's namespace.</param>
/// <param name="Pod">Its pod's name.</param>
/// <param name="Container">Its name.</param>
/// <param name="Bytes">How much.</param>
internal sealed record ContainerEpcAmount(string Namespace, string Pod, string Container, long Bytes);
