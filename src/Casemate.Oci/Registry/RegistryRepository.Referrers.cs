namespace Casemate.Oci.Registry;

public sealed partial class RegistryRepository
{
    private const string ReferrersOf = "referrers/";

    /// <inheritdoc/>
    /// <remarks>Source: OCI Distribution Specification 1.1, "Listing Referrers" and, for registries without it, "Referrers Tag Schema".</remarks>
    public async Task<IReadOnlyList<Descriptor>> ReferrersAsync(Digest subject, string? artifactType, CancellationToken cancel)
    {
        var found = new List<Descriptor>();
        try
        {
            var query = artifactType is null ? "" : $"?artifactType={Uri.EscapeDataString(artifactType)}";
            await foreach (var page in PagesAsync(
                new Uri(_root, $"{ReferrersOf}{subject}{query}"), [MediaTypes.Index], cancel).ConfigureAwait(false))
            {
                found.AddRange(DescriptorList.Read(page, _http.Options.MaxListed) ?? throw Unreadable(ReferrersOf + subject));
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

    private async Task<List<Descriptor>> TaggedReferrersAsync(Digest subject, CancellationToken cancel)
    {
        try
        {
            var (descriptor, content) = await GetManifestAsync(ReferrersTag(subject), null, cancel).ConfigureAwait(false);
            return MediaTypes.IsIndex(descriptor.MediaType) && DescriptorList.Read(content, Limits.MaxIndexEntries) is { } list
                ? list
                : throw Unreadable($"manifests/{ReferrersTag(subject)}");
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
        var content = DescriptorList.Write(list);
        await PutAsync(Descriptor.Of(MediaTypes.Index, content), content, ReferrersTag(subject), cancel).ConfigureAwait(false);
    }
}
