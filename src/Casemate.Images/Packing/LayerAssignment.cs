using System.Collections.Immutable;
using Casemate.Images.Closure;
using Casemate.Images.Roots;

namespace Casemate.Images.Packing;

/// <summary>Gives each file of a closure its layer, by where it lies and who needs it.</summary>
internal static class LayerAssignment
{
    private static readonly string[] s_sgxNames = ["libsgx_", "libdcap_quoteprov.", "sgx_default_qcnl.conf"];
    private static readonly string[] s_distribution = ["/usr/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/bin/", "/sbin/", "/etc/",
        "/var/"];

    /// <summary>The layers by path.</summary>
    public static Dictionary<string, PackLayer> Of(ImmutableArray<ClosureFile> files)
    {
        var layers = files.ToDictionary(file => file.Path, First, StringComparer.Ordinal);

        // What the SGX runtime alone needs, such as protobuf, is part of it; what that alone needs as well, and so on.
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var file in files.Where(file => layers[file.Path] is PackLayer.Base && file.Kind is not RootEntryKind.Link))
            {
                if (file.Reasons.All(reason => reason.By is { } by && layers.GetValueOrDefault(by) is PackLayer.SgxRuntime))
                {
                    layers[file.Path] = PackLayer.SgxRuntime;
                    changed = true;
                }
            }
        }

        // A link lies with what it leads to; one that leads to several, such as /lib, with the lowest.
        foreach (var link in files.Where(file => file.Kind is RootEntryKind.Link))
        {
            layers[link.Path] = link.Reasons.Where(reason => reason.Kind is ClosureReasonKind.Link && reason.By is not null)
                .Select(reason => layers.GetValueOrDefault(reason.By!)).DefaultIfEmpty(layers[link.Path]).Min();
        }

        return layers;
    }

    private static PackLayer First(ClosureFile file)
    {
        var name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        if (Array.Exists(s_sgxNames, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return PackLayer.SgxRuntime;
        }

        if (file.Reasons.Any(reason => reason.Kind is ClosureReasonKind.Program or ClosureReasonKind.Included))
        {
            return PackLayer.Application;
        }

        return !file.Path.StartsWith("/usr/local/", StringComparison.Ordinal)
            && Array.Exists(s_distribution, directory => file.Path.StartsWith(directory, StringComparison.Ordinal))
            ? PackLayer.Base : PackLayer.Application;
    }
}
