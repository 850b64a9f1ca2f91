using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Casemate.Images.Closure;
using Casemate.Images.Packing;
using Casemate.Images.Roots;
using Casemate.Oci.Documents;

namespace Casemate.Images.Gramine;

public sealed partial class EnclaveImagePlanner
{
    private ContainerConfig Config(ContainerConfig container, ApplicationStart start)
    {
        if (container.Other.ContainsKey("Healthcheck"))
        {
            _notes.Add("The image's health check is left out: it would run outside of the enclave.");
        }

        return new ContainerConfig
        {
            User = _options.User ?? User(container.User),
            Env = [$"PATH={start.Environment["PATH"]}",
                .. start.Environment.Where(variable => _options.Passthrough.Contains(variable.Key, StringComparer.Ordinal)
                && variable.Key != "PATH").Select(variable => $"{variable.Key}={variable.Value}")],
            Entrypoint = [.. EnclaveImagePlan.Entrypoint],
            Cmd = _options.AcceptHostArguments ? [.. start.Arguments.Skip(1)] : [],
            WorkingDir = "/",
            Labels = container.Labels,
            ExposedPorts = container.ExposedPorts,
            Volumes = container.Volumes,
            StopSignal = container.StopSignal,
        };
    }

    // Kubernetes cannot tell of a name whether it is root's, so it becomes a number.
    private string User(string? user)
    {
        var parts = (user ?? "").Split(':');
        if (parts[0] is "" or "root" or "0")
        {
            return DefaultUser;
        }

        var known = parts[0].All(char.IsAsciiDigit) ? null : Account("/etc/passwd", parts[0]) ?? throw Unknown(parts[0]);
        var id = known is null ? parts[0] : known[2];
        var group = parts.Length < 2 ? known?[3] ?? id
            : parts[1].All(char.IsAsciiDigit) ? parts[1] : (Account("/etc/group", parts[1]) ?? throw Unknown(parts[1]))[2];
        return uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? number == 0 ? DefaultUser : $"{id}:{group}" : throw Unknown(user!);
    }

    private string[]? Account(string database, string name)
    {
        if (_walk.Resolve(database) is not { Entry.Kind: RootEntryKind.File } file)
        {
            return null;
        }

        return Encoding.UTF8.GetString(_walk.Read(file, 1024 * 1024)).Split('\n').Select(line => line.Split(':'))
            .FirstOrDefault(fields => fields.Length >= 4 && fields[0] == name);
    }

    private static EnclaveImageException Unknown(string user) => new(
        EnclaveImageError.InvalidSetting, $"the image's user '{Shown.Of(user)}' is not in its /etc/passwd or /etc/group",
            "Name it by its number: --user UID:GID.");

    private ImmutableSortedDictionary<string, string> Labels(string? release)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        labels[ImageLabels.Quotes] = ImageLabels.TextOf(_options.Attests ? QuoteMode.OutOfProcess : QuoteMode.None);
        labels[GramineLabels.BaseDigest] = _source.Descriptor.Digest.Text;
        labels[GramineLabels.TrustedFiles] = _options.TrustedFiles is TrustedFileMode.Full ? "full" : "minimal";
        if (release is not null)
        {
            labels[GramineLabels.Release] = release;
        }

        if (_options.Tool is { } tool)
        {
            labels[ImageLabels.Tool] = tool;
        }

        return labels.ToImmutable();
    }
}
