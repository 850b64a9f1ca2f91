using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Containers with their variables, mounts and the commands that the kubelet runs in them.</summary>
internal static partial class PodReader
{
    private static ContainerSpec ReadContainer(FieldSet fields, bool isInit)
    {
        var container = new ContainerSpec
        {
            Path = fields.Path,
            Name = fields.RequiredText("name"),
            Image = fields.RequiredText("image"),
            IsInit = isInit,
            RestartPolicy = NonEmpty(fields.Text("restartPolicy")),
            ImagePullPolicy = NonEmpty(fields.Text("imagePullPolicy")),
            Command = NonEmpty(fields.Texts("command")),
            Args = NonEmpty(fields.Texts("args")),
            WorkingDir = NonEmpty(fields.Text("workingDir")),
            Env = [.. fields.Objects("env").Select(ReadVariable)],
            EnvFrom = [.. fields.Objects("envFrom").Select(ReadEnvFrom).OfType<EnvFromSource>()],
            VolumeMounts = [.. fields.Objects("volumeMounts").Select(ReadMount)],
            VolumeDevices = [.. fields.Objects("volumeDevices").Select(ReadDevice)],
            SecurityContext = ReadSecurity(fields.Object("securityContext")),
            ExecCommands = [.. ReadExecCommands(fields)],
            Tty = fields.Boolean("tty") ?? false,
            Stdin = fields.Boolean("stdin") ?? false,
            StdinOnce = fields.Boolean("stdinOnce") ?? false,
            TerminationMessagePath = NonEmpty(fields.Text("terminationMessagePath")),
            TerminationMessagePolicy = NonEmpty(fields.Text("terminationMessagePolicy")),
            Resources = ReadResources(fields, "resources"),
        };
        fields.Skip("ports", "resizePolicy", "restartPolicyRules").End(UnknownFields.Refuse);
        return container;
    }

    // The kubelet takes an empty list for none at all.
    private static ImmutableArray<string>? NonEmpty(ImmutableArray<string> texts) => texts.IsEmpty ? null : texts;

    private static EnvVariable ReadVariable(FieldSet fields)
    {
        var name = fields.RequiredText("name");
        var value = fields.Text("value");
        var from = fields.OptionalObject("valueFrom");
        if (from is not null && value is { Length: > 0 })
        {
            fields.Scope.Error(fields.Node, fields.Path, "'value' and 'valueFrom' are both given", "Keep one of them.");
        }

        var source = from is null ? new LiteralEnv(value ?? "") : ReadSource(from);
        fields.End(UnknownFields.Refuse);
        return new EnvVariable(fields.Path, name, source);
    }

    private static EnvSource ReadSource(FieldSet from)
    {
        var sources = new List<EnvSource>();
        if (from.OptionalObject("configMapKeyRef") is { } map)
        {
            sources.Add(new ConfigMapKeyEnv(map.RequiredText("name"), map.RequiredText("key"), map.Boolean("optional") ?? false));
            map.End(UnknownFields.Refuse);
        }

        if (from.OptionalObject("secretKeyRef") is { } secret)
        {
            sources.Add(new SecretKeyEnv(secret.RequiredText("name"), secret.RequiredText("key"), secret.Boolean("optional") ?? false));
            secret.End(UnknownFields.Refuse);
        }

        if (from.OptionalObject("fieldRef") is { } field)
        {
            sources.Add(new FieldEnv(field.RequiredText("fieldPath")));
            field.Skip("apiVersion").End(UnknownFields.Refuse);
        }

        if (from.OptionalObject("resourceFieldRef") is { } resource)
        {
            sources.Add(new ResourceFieldEnv(
                resource.RequiredText("resource"), NonEmpty(resource.Text("containerName")), resource.TextOrNumber("divisor")));
            resource.End(UnknownFields.Refuse);
        }

        if (from.OptionalObject("fileKeyRef") is { } file)
        {
            sources.Add(new FileKeyEnv(
                file.RequiredText("volumeName"), file.RequiredText("path"), file.RequiredText("key"), file.Boolean("optional") ?? false));
            file.End(UnknownFields.Refuse);
        }

        from.End(UnknownFields.Refuse);
        if (sources.Count == 1)
        {
            return sources[0];
        }

        if (sources.Count > 1 || !from.IsExplained)
        {
            from.Scope.Error(
                from.Node, from.Path, $"'valueFrom' names {sources.Count} sources",
                "Name one: configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef or fileKeyRef.");
        }

        return new LiteralEnv("");
    }

    private static EnvFromSource? ReadEnvFrom(FieldSet fields)
    {
        var prefix = fields.Text("prefix") ?? "";
        var map = fields.OptionalObject("configMapRef");
        var secret = fields.OptionalObject("secretRef");
        fields.End(UnknownFields.Refuse);
        if ((map is null) == (secret is null))
        {
            if (map is not null || !fields.IsExplained)
            {
                fields.Scope.Error(fields.Node, fields.Path, "'envFrom' needs one source", "Write configMapRef or secretRef with a name.");
            }

            return null;
        }

        var reference = map ?? secret!;
        var source = new EnvFromSource(
            fields.Path, secret is not null, reference.RequiredText("name"), prefix, reference.Boolean("optional") ?? false);
        reference.End(UnknownFields.Refuse);
        return source;
    }

    private static VolumeMount ReadMount(FieldSet fields)
    {
        var mount = new VolumeMount
        {
            Path = fields.Path,
            Name = fields.RequiredText("name"),
            MountPath = fields.RequiredText("mountPath"),
            SubPath = NonEmpty(fields.Text("subPath")),
            SubPathExpr = NonEmpty(fields.Text("subPathExpr")),
            ReadOnly = fields.Boolean("readOnly") ?? false,
            RecursiveReadOnly = NonEmpty(fields.Text("recursiveReadOnly")),
            MountPropagation = NonEmpty(fields.Text("mountPropagation")),
        };
        fields.End(UnknownFields.Refuse);
        return mount;
    }

    private static VolumeDevice ReadDevice(FieldSet fields)
    {
        var device = new VolumeDevice(fields.Path, fields.RequiredText("name"), fields.RequiredText("devicePath"));
        fields.End(UnknownFields.Refuse);
        return device;
    }

    private static IEnumerable<ExecCommand> ReadExecCommands(FieldSet container)
    {
        var commands = new List<ExecCommand>();
        foreach (var probe in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.OptionalObject(probe) is { } fields)
            {
                ReadExec(fields, probe, commands);
                fields.Skip(
                    "failureThreshold", "grpc", "httpGet", "initialDelaySeconds", "periodSeconds", "successThreshold", "tcpSocket",
                    "terminationGracePeriodSeconds", "timeoutSeconds").End(UnknownFields.Refuse);
            }
        }

        if (container.OptionalObject("lifecycle") is { } lifecycle)
        {
            foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
            {
                if (lifecycle.OptionalObject(hook) is { } fields)
                {
                    ReadExec(fields, hook, commands);
                    fields.Skip("httpGet", "sleep", "tcpSocket").End(UnknownFields.Refuse);
                }
            }

            lifecycle.Skip("stopSignal").End(UnknownFields.Refuse);
        }

        return commands;
    }

    private static void ReadExec(FieldSet handler, string origin, List<ExecCommand> commands)
    {
        if (handler.OptionalObject("exec") is { } exec)
        {
            commands.Add(new ExecCommand(exec.Path, origin, exec.Texts("command")));
            exec.End(UnknownFields.Refuse);
        }
    }
}
