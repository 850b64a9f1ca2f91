using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Reads a pod's specification. The names that are skipped are those of Kubernetes 1.35 that do not reach the guest.</summary>
internal static partial class PodReader
{
    public static PodSpec Read(FieldSet spec)
    {
        var pod = new PodSpec
        {
            Path = spec.Path,
            InitContainers = [.. spec.Objects("initContainers").Select(fields => ReadContainer(fields, isInit: true))],
            Containers = [.. spec.Objects("containers").Select(fields => ReadContainer(fields, isInit: false))],
            Volumes = [.. spec.Objects("volumes").Select(ReadVolume)],
            SecurityContext = ReadPodSecurity(spec.Object("securityContext")),
            HostNetwork = spec.Boolean("hostNetwork") ?? false,
            HostPid = spec.Boolean("hostPID") ?? false,
            HostIpc = spec.Boolean("hostIPC") ?? false,
            HostUsers = spec.Boolean("hostUsers"),
            ShareProcessNamespace = spec.Boolean("shareProcessNamespace") ?? false,
            RuntimeClassName = NonEmpty(spec.Text("runtimeClassName")),
            ServiceAccountName = NonEmpty(spec.Text("serviceAccountName")) ?? NonEmpty(spec.Text("serviceAccount")),
            AutomountServiceAccountToken = spec.Boolean("automountServiceAccountToken"),
            EnableServiceLinks = spec.Boolean("enableServiceLinks"),
            Hostname = NonEmpty(spec.Text("hostname")),
            HostnameOverride = NonEmpty(spec.Text("hostnameOverride")),
            Subdomain = NonEmpty(spec.Text("subdomain")),
            SetHostnameAsFqdn = spec.Boolean("setHostnameAsFQDN") ?? false,
            NodeName = NonEmpty(spec.Text("nodeName")),
            OperatingSystem = NonEmpty(spec.Object("os").Text("name")),
            Resources = ReadResources(spec, "resources"),
            ResourceClaims = ReadClaims(spec, "resourceClaims"),
        };
        RequireNames(spec, pod);
        spec.Skip("serviceAccount")
            .Skip(
                "activeDeadlineSeconds", "affinity", "dnsConfig", "dnsPolicy", "hostAliases", "imagePullSecrets", "nodeSelector", "overhead",
                "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "schedulerName", "schedulingGates",
                "schedulingGroup", "terminationGracePeriodSeconds", "tolerations", "topologySpreadConstraints", "workloadRef")
            .End(UnknownFields.Refuse);
        return pod;
    }

    private static void RequireNames(FieldSet spec, PodSpec pod)
    {
        if (pod.Containers.IsEmpty && (!spec.Has("containers") || spec.IsList("containers")))
        {
            spec.Missing("containers", "a pod has at least one container", "Write 'containers:' with a name and an image.");
        }

        RequireUnique(spec.Scope, spec.Node, pod.AllContainers.Select(container => (container.Path, container.Name)), "container");
        RequireUnique(spec.Scope, spec.Node, pod.Volumes.Select(volume => (volume.Path, volume.Name)), "volume");
    }

    internal static void RequireUnique(ReadScope scope, ManifestNode at, IEnumerable<(string Path, string Name)> named, string what)
    {
        foreach (var twice in named.Where(one => one.Name.Length > 0).GroupBy(one => one.Name, StringComparer.Ordinal)
            .Where(group => group.Count() > 1))
        {
            var path = twice.Last().Path;
            scope.Error(at, path, $"{what} '{ShownText.Of(twice.Key)}' appears {twice.Count()} times", "Give each its own name.");
        }
    }

    private static ResourceSpec ReadResources(FieldSet parent, string name)
    {
        if (parent.OptionalObject(name) is not { } fields)
        {
            return ResourceSpec.None;
        }

        var resources = new ResourceSpec
        {
            Path = fields.Path,
            Limits = fields.TextMap("limits", numbersToo: true),
            Requests = fields.TextMap("requests", numbersToo: true),
            Claims = ReadClaims(fields, "claims"),
        };
        fields.End(UnknownFields.Warn);
        return resources;
    }

    private static ImmutableArray<NamedValue> ReadClaims(FieldSet parent, string name) =>
        [.. parent.Objects(name).Select(claim =>
        {
            var read = new NamedValue(claim.Path, claim.RequiredText("name"), claim.Text("request") ?? "");
            claim.Skip("resourceClaimName", "resourceClaimTemplateName", "source").End(UnknownFields.Warn);
            return read;
        })];

    private static PodSecurityContext ReadPodSecurity(FieldSet fields)
    {
        var context = new PodSecurityContext
        {
            Path = fields.Path,
            RunAsUser = ReadId(fields, "runAsUser"),
            RunAsGroup = ReadId(fields, "runAsGroup"),
            RunAsNonRoot = fields.Boolean("runAsNonRoot"),
            FsGroup = ReadId(fields, "fsGroup"),
            FsGroupChangePolicy = fields.Text("fsGroupChangePolicy"),
            SupplementalGroups = fields.Integers("supplementalGroups"),
            SupplementalGroupsPolicy = fields.Text("supplementalGroupsPolicy"),
            Sysctls = [.. fields.Objects("sysctls").Select(ReadSysctl)],
            Seccomp = ReadProfile(fields, "seccompProfile"),
            AppArmor = ReadProfile(fields, "appArmorProfile"),
            SeLinux = ReadSeLinux(fields),
        };
        fields.Skip("windowsOptions", "seLinuxChangePolicy").End(UnknownFields.Refuse);
        return context;
    }

    private static NamedValue ReadSysctl(FieldSet fields)
    {
        var sysctl = new NamedValue(fields.Path, fields.RequiredText("name"), fields.Text("value") ?? "");
        fields.End(UnknownFields.Refuse);
        return sysctl;
    }

    private static ContainerSecurityContext ReadSecurity(FieldSet fields)
    {
        var capabilities = fields.Object("capabilities");
        var context = new ContainerSecurityContext
        {
            Path = fields.Path,
            Privileged = fields.Boolean("privileged") ?? false,
            AllowPrivilegeEscalation = fields.Boolean("allowPrivilegeEscalation"),
            RunAsUser = ReadId(fields, "runAsUser"),
            RunAsGroup = ReadId(fields, "runAsGroup"),
            RunAsNonRoot = fields.Boolean("runAsNonRoot"),
            ReadOnlyRootFilesystem = fields.Boolean("readOnlyRootFilesystem") ?? false,
            AddCapabilities = capabilities.Texts("add"),
            DropCapabilities = capabilities.Texts("drop"),
            ProcMount = fields.Text("procMount"),
            Seccomp = ReadProfile(fields, "seccompProfile"),
            AppArmor = ReadProfile(fields, "appArmorProfile"),
            SeLinux = ReadSeLinux(fields),
        };
        capabilities.End(UnknownFields.Refuse);
        fields.Skip("windowsOptions").End(UnknownFields.Refuse);
        return context;
    }

    private static long? ReadId(FieldSet fields, string name)
    {
        var id = fields.Integer(name);
        if (id is < 0 or > int.MaxValue)
        {
            fields.Scope.Error(fields.NodeOf(name), fields.PathOf(name), $"'{name}' is {id}", $"Write a number from 0 to {int.MaxValue}.");
            return null;
        }

        return id;
    }

    private static SecurityProfile? ReadProfile(FieldSet parent, string name)
    {
        if (parent.OptionalObject(name) is not { } fields)
        {
            return null;
        }

        var profile = new SecurityProfile(fields.Path, fields.RequiredText("type"), fields.Text("localhostProfile"));
        fields.End(UnknownFields.Refuse);
        return profile;
    }

    private static SeLinuxOptions? ReadSeLinux(FieldSet parent)
    {
        if (parent.OptionalObject("seLinuxOptions") is not { } fields)
        {
            return null;
        }

        var options = new SeLinuxOptions(fields.Path, fields.Text("user"), fields.Text("role"), fields.Text("type"), fields.Text("level"));
        fields.End(UnknownFields.Refuse);
        return options;
    }

    private static string? NonEmpty(string? text) => text is { Length: > 0 } ? text : null;
}
