using Casemate.Oci.Documents;
using Casemate.Oci.Layout;

namespace Casemate.Oci.Registry;

public sealed partial class RegistryRepository
{
    private const string ReferrersOf = "referrers/";

    /// <inheritdoc/>
    /// <remarks>Source: OCI Distribution Specification 1.1, "Listing Referrers" and, for registries without it, "Referrers Tag
    /// Schema".</remarks>
    public async Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel)
    {
        var found = new List<Descriptor>();
        try
        {
            var query = artifactType is null ? "" : $"?artifactType={Uri.EscapeDataString(artifactType)}";
            await foreach (var page in PagesAsync(
                new Uri(_root, $"{ReferrersOf}{subject}{query}"), [MediaTypes.Index], cancel).ConfigureAwait(false))
            {
                found.AddRange(ReadList(page, ReferrersOf + subject));
                RequireListable(found.Count);
            }
        }
        catch (OciException failure) when (failure.Error is OciError.NotFound)
        {
            found = await TaggedReferrersAsync(subject, cancel).ConfigureAwait(false);
        }

        // A registry may ignore the filter: what it lists beyond it is dropped here, whatever it says.
        return artifactType is null ? found : [.. found.Where(descriptor => descriptor.ArtifactType == artifactType)];
    }

    // The tag under which registries without a list of referrers keep one: the digest, with '-' for ':'.
    private static string ReferrersTag(Digest subject)
    {
        var tag = $"{subject.Algorithm}-{subject.Hex}";
        return tag.Length > 128 ? tag[..128] : tag;
    }

    private IReadOnlyList<Descriptor> ReadList(byte[] content, string name) =>
        ImageIndex.TryRead(content, out var index, out _, Limits) ? index.Manifests : throw Unreadable(name);

    // What a manifest or index is about, and how it is listed there; no subject where it is about nothing, or is malformed.
    private (Digest? Subject, Descriptor Entry) ReadSubject(Descriptor descriptor, byte[] content)
    {
        if (MediaTypes.IsIndex(descriptor.MediaType))
        {
            return ImageIndex.TryRead(content, out var index, out _, Limits)
                ? (index.Subject?.Digest, descriptor with { ArtifactType = index.ArtifactType, Annotations = index.Annotations })
                : (null, descriptor);
        }

        return ImageManifest.TryRead(content, out var manifest, out _, Limits)
            ? (manifest.Subject?.Digest, LayoutReader.Described(descriptor, manifest))
            : (null, descriptor);
    }

    private async Task<List<Descriptor>> TaggedReferrersAsync(Digest subject, CancellationToken cancel)
    {
        try
        {
            var (descriptor, content) = await GetManifestAsync(ReferrersTag(subject), null, cancel).ConfigureAwait(false);
            var name = $"manifests/{ReferrersTag(subject)}";
            return MediaTypes.IsIndex(descriptor.MediaType) ? [.. ReadList(content, name)] : throw Unreadable(name);
        }
        catch (OciException failure) when (failure.Error is OciError.NotFound)
        {
            return [];
        }
    }

    private async Task AddReferrerAsync(Digest subject, Descriptor entry, CancellationToken cancel)
    {
        var list = await TaggedReferrersAsync(subject, cancel).ConfigureAwait(false);
        if (list.Exists(known => known.Digest == entry.Digest))
        {
            return;
        }

        if (list.Count >= Limits.MaxIndexEntries)
        {
            throw new OciException(OciError.LimitExceeded, $"{Name}@{subject} already has {list.Count:N0} referrers, the limit of a list");
        }

        list.Add(entry);
        var content = new ImageIndex { Manifests = list }.Write();
        await PutAsync(Descriptor.Of(MediaTypes.Index, content), content, ReferrersTag(subject), cancel).ConfigureAwait(false);
    }
}
