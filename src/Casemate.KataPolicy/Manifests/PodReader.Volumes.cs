using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Volumes. A type nobody knows is kept by name: it matters only where a container mounts it.</summary>
internal static partial class PodReader
{
    private static readonly string[] NetworkTypes =
    [
        "awsElasticBlockStore", "azureDisk", "cephfs", "cinder", "fc", "flexVolume", "flocker", "gcePersistentDisk", "glusterfs", "iscsi",
        "nfs", "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
    ];

    private static Volume ReadVolume(FieldSet fields)
    {
        var name = fields.RequiredText("name");
        var sources = fields.All().Where(member => member.Name is not "name" && !member.Node.IsNull).ToList();
        if (sources.Count > 1)
        {
            fields.Scope.Error(
                fields.Node, fields.Path, $"volume '{ShownText.Of(name)}' has {sources.Count} types: "
                    + string.Join(", ", sources.Take(4).Select(source => ShownText.Of(source.Name))), "Keep one of them.");
        }

        return new Volume(fields.Path, name, sources.Count == 0 ? new EmptyDirVolume("", null) : ReadVolumeSource(fields, sources[0].Name));
    }

    private static VolumeSource ReadVolumeSource(FieldSet volume, string type)
    {
        var fields = volume.Object(type);
        VolumeSource source = type switch
        {
            "emptyDir" => new EmptyDirVolume(fields.Text("medium") ?? "", fields.TextOrNumber("sizeLimit")),
            "configMap" => new ConfigMapVolume(
                fields.RequiredText("name"), ReadItems(fields), fields.Boolean("optional") ?? false, ReadMode(fields, "defaultMode")),
            "secret" => new SecretVolume(
                fields.RequiredText("secretName"), ReadItems(fields), fields.Boolean("optional") ?? false, ReadMode(fields, "defaultMode")),
            "projected" => new ProjectedVolume([.. fields.Objects("sources").Select(ReadProjection)], ReadMode(fields, "defaultMode")),
            "downwardAPI" => new DownwardApiVolume(ReadFieldItems(fields), ReadMode(fields, "defaultMode")),
            "persistentVolumeClaim" => new PersistentVolumeClaimVolume(
                fields.RequiredText("claimName"), fields.Boolean("readOnly") ?? false, IsTemplate: false, IsBlock: false),
            "hostPath" => new HostPathVolume(fields.RequiredText("path"), fields.Text("type") ?? ""),
            "azureFile" => new AzureFileVolume(
                fields.RequiredText("shareName"), fields.RequiredText("secretName"), fields.Boolean("readOnly") ?? false),
            "csi" => ReadCsi(fields),
            "ephemeral" => ReadEphemeral(fields),
            "image" => new ImageVolume(fields.RequiredText("reference"), fields.Text("pullPolicy")),
            "gitRepo" => new EmptyDirVolume("", null),
            _ when NetworkTypes.Contains(type) => ReadNetwork(fields, type),
            _ => ReadUnknown(fields, type),
        };
        if (type is not ("csi" or "ephemeral"))
        {
            fields.Skip(type is "gitRepo" ? ["repository", "revision", "directory"] : []).End(UnknownFields.Refuse);
        }

        return source;
    }

    private static CsiVolume ReadCsi(FieldSet fields)
    {
        var csi = new CsiVolume(
            fields.RequiredText("driver"), fields.Boolean("readOnly") ?? false, fields.Text("fsType"), fields.TextMap("volumeAttributes"));
        fields.Skip("nodePublishSecretRef").End(UnknownFields.Refuse);
        return csi;
    }

    private static EphemeralVolume ReadEphemeral(FieldSet fields)
    {
        var isBlock = fields.Object("volumeClaimTemplate").Object("spec").Text("volumeMode") is "Block";
        fields.End(UnknownFields.Warn);
        return new EphemeralVolume(isBlock);
    }

    // Where the data comes from is the node's affair: the guest sees a mount.
    private static NetworkVolume ReadNetwork(FieldSet fields, string type) => new(type, fields.SkipAll().Boolean("readOnly") ?? false);

    // The type itself is what a derivation refuses, where a container mounts it.
    private static UnknownVolume ReadUnknown(FieldSet fields, string type)
    {
        fields.SkipAll();
        return new UnknownVolume(ShownText.Of(type));
    }

    private static VolumeSource ReadProjection(FieldSet projection)
    {
        var sources = new List<VolumeSource>();
        if (projection.OptionalObject("configMap") is { } map)
        {
            sources.Add(new ConfigMapVolume(map.RequiredText("name"), ReadItems(map), map.Boolean("optional") ?? false, null));
            map.End(UnknownFields.Refuse);
        }

        if (projection.OptionalObject("secret") is { } secret)
        {
            sources.Add(new SecretVolume(secret.RequiredText("name"), ReadItems(secret), secret.Boolean("optional") ?? false, null));
            secret.End(UnknownFields.Refuse);
        }

        if (projection.OptionalObject("downwardAPI") is { } downward)
        {
            sources.Add(new DownwardApiVolume(ReadFieldItems(downward), null));
            downward.End(UnknownFields.Refuse);
        }

        if (projection.OptionalObject("serviceAccountToken") is { } token)
        {
            sources.Add(new TokenVolume("serviceAccountToken", token.Text("path") ?? ""));
            token.Skip("audience", "expirationSeconds").End(UnknownFields.Refuse);
        }

        if (projection.OptionalObject("clusterTrustBundle") is { } bundle)
        {
            sources.Add(new TokenVolume("clusterTrustBundle", bundle.Text("path") ?? ""));
            bundle.Skip("name", "signerName", "labelSelector", "optional").End(UnknownFields.Refuse);
        }

        if (projection.OptionalObject("podCertificate") is { } certificate)
        {
            sources.Add(new TokenVolume("podCertificate", certificate.Text("credentialBundlePath") ?? ""));
            certificate.Skip("signerName", "keyType", "maxExpirationSeconds", "keyPath", "certificateChainPath", "userAnnotations")
                .End(UnknownFields.Refuse);
        }

        projection.End(UnknownFields.Refuse);
        if (sources.Count == 1)
        {
            return sources[0];
        }

        projection.Scope.Error(projection.Node, projection.Path, $"a projected source names {sources.Count} types", "Name exactly one.");
        return new TokenVolume("none", "");
    }

    private static ImmutableArray<KeyPath> ReadItems(FieldSet fields) =>
        [.. fields.Objects("items").Select(item =>
        {
            var read = new KeyPath(item.RequiredText("key"), item.RequiredText("path"), ReadMode(item, "mode"));
            item.End(UnknownFields.Refuse);
            return read;
        })];

    private static ImmutableArray<KeyPath> ReadFieldItems(FieldSet fields) =>
        [.. fields.Objects("items").Select(item =>
        {
            var field = item.OptionalObject("fieldRef")?.Text("fieldPath") ?? item.OptionalObject("resourceFieldRef")?.Text("resource");
            var read = new KeyPath(field ?? "", item.RequiredText("path"), ReadMode(item, "mode"));
            item.End(UnknownFields.Refuse);
            return read;
        })];

    private static int? ReadMode(FieldSet fields, string name)
    {
        var mode = fields.Integer(name);
        if (mode is < 0 or > 511)
        {
            fields.Scope.Error(fields.NodeOf(name), fields.PathOf(name), $"'{name}' is {mode}", "Write a mode from 0 to 0777.");
            return null;
        }

        return (int?)mode;
    }
}
