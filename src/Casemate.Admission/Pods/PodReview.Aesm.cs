using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <content>Containers that quote through AESM.</content>
internal sealed partial class PodReview
{
    private bool OptsIn => _providers.Contains(PodNames.Aesmd) || _namespace.SetsAesmAddress
        || PodShape.Text(_annotations, PodNames.AesmAddress) is "true" or "1";

    // Intel's demonstration: AESM in the pod itself, for the other containers.
    private bool HasSidecar => _providers.Contains(PodNames.Aesmd)
        && _containers.Any(container => container.Name == PodNames.Aesmd && container.Kind is not ContainerKind.Init && container.Bytes > 0)
        && _containers.Count(container => container.Bytes > 0) >= 2;

    private bool QuotesByAesm(ReviewedContainer container) => container.Bytes > 0
        && (OptsIn || container.AesmAddresses.Count > 0);

    private bool WantsMount(ReviewedContainer container) => QuotesByAesm(container)
        && (HasSidecar || _settings.Aesm is AesmMount.HostPath)
        && !container.Mounts(PodNames.AesmDirectory, "/run/aesmd");

    private void CompleteAesm(ReviewedContainer container)
    {
        // AESM itself must not be told to ask AESM.
        if (container.Bytes > 0 && OptsIn && container.Name != PodNames.Aesmd && container.AesmAddresses.Count == 0)
        {
            _patch.Append(
                container.Pointer + "/env", PodShape.Has(container.Json, "env"),
                $$"""{"name":"{{PodNames.AesmVariable}}","value":"1"}""", ChangeId.AesmAddressAdded,
                _providers.Contains(PodNames.Aesmd)
                    ? $"The annotation {PodNames.QuoteProvider} names aesmd: the quote libraries then ask AESM."
                    : $"The annotation {PodNames.AesmAddress} asks for it: the quote libraries then ask AESM.");
        }

        if (WantsMount(container))
        {
            _patch.Append(
                container.Pointer + "/volumeMounts", PodShape.Has(container.Json, "volumeMounts"),
                $$"""{"name":"{{PodNames.AesmVolume}}","mountPath":"{{PodNames.AesmDirectory}}"}""", ChangeId.AesmMountAdded,
                HasSidecar
                    ? "The container reaches AESM in the pod by its socket."
                    : "The container reaches the node's AESM by its socket.");
        }
    }

    private void CompleteAesmVolume()
    {
        if (!_containers.Any(WantsMount)
            || PodShape.Items(_spec, "volumes").Any(volume => PodShape.Text(volume, "name") == PodNames.AesmVolume))
        {
            return;
        }

        var source = HasSidecar
            ? "\"emptyDir\":{\"medium\":\"Memory\"}"
            : $"\"hostPath\":{{\"path\":\"{PodNames.AesmDirectory}\",\"type\":\"DirectoryOrCreate\"}}";
        _patch.Append(
            "/spec/volumes", PodShape.Has(_spec, "volumes"), $"{{\"name\":\"{PodNames.AesmVolume}\",{source}}}", ChangeId.AesmMountAdded,
            HasSidecar ? "The socket of the AESM in the pod lives in memory." : "The socket of the node's AESM.");
    }
}
