using System.Text.RegularExpressions;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;
using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Derives the environment of a container's process: the image's, then the runtime's, then the pod's; the last writer of a name wins.
/// Sources: containerd, CRI server, "buildContainerSpec"; kubernetes/kubernetes pkg/kubelet, "makeEnvironmentVariables".
/// </summary>
internal sealed partial class Environment
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly ContainerSubject _subject;
    private readonly Variables _all = new();

    // What the kubelet knows while it expands: the pod's own variables, and not the image's.
    private readonly Variables _ofPod = new();

    private Environment(ContainerSubject subject) => _subject = subject;

    /// <summary>Derives the environment.</summary>
    public static Environment Of(ContainerSubject subject)
    {
        var environment = new Environment(subject);
        environment.AddImage();
        environment.AddPod();
        environment.AddSettings();
        return environment;
    }

    /// <summary>Each variable as <c>NAME=value</c> in the rules' form.</summary>
    public string[] Texts => _all.Texts();

    /// <summary>Patterns of variables that may be there and need not.</summary>
    public List<string> OptionalPatterns { get; } = [];

    /// <summary>Expands an argument as the kubelet does.</summary>
    /// <param name="text">The argument as written.</param>
    /// <param name="path">Its place.</param>
    public string Expand(string text, string path)
    {
        RefuseServices(text, path);
        return VariableExpansion.Expand(text, _ofPod.Find);
    }

    private void AddImage()
    {
        // A runtime gives a path where the image gives none.
        _all.SetText(DefaultPath);
        if (_subject.Spec is { Tty: true })
        {
            _all.Set("TERM", "xterm");
        }

        foreach (var text in _subject.Start.Env)
        {
            if (text.IndexOf('=', StringComparison.Ordinal) < 1)
            {
                _subject.Error(
                    $"{_subject.Path}.image", $"the image's variable '{Shown.Of(text)}' has no name or no value", "Correct the image");
                continue;
            }

            _all.SetText(PolicyText.Literal(text));
        }

        if (!_subject.IsPause)
        {
            _all.Set("HOSTNAME", PolicyText.HostName);
        }
    }

    private void AddPod()
    {
        if (_subject.Spec is not { } spec)
        {
            return;
        }

        foreach (var from in spec.EnvFrom)
        {
            AddAll(from);
        }

        foreach (var variable in spec.Env)
        {
            if (variable.Name.Length == 0 || variable.Name.Contains('=', StringComparison.Ordinal)
                || variable.Name.Contains('\0', StringComparison.Ordinal))
            {
                _subject.Error(variable.Path, $"'{Shown.Of(variable.Name)}' is not the name of a variable", "Write a name without '='");
            }
            else if (ValueOf(variable) is { } value)
            {
                _ofPod.Set(variable.Name, value);
            }
        }

        foreach (var name in _ofPod.Names)
        {
            _all.Set(name, _ofPod.Find(name)!);
        }
    }

    private void AddSettings()
    {
        foreach (var text in _subject.Kind.Env)
        {
            if (_all.Find(text.Split('=')[0]) is null)
            {
                _all.SetText(text);
            }
        }
    }

    private string? ValueOf(EnvVariable variable)
    {
        switch (variable.Source)
        {
            case LiteralEnv literal:
                return Expand(literal.Value, variable.Path);
            case ConfigMapKeyEnv key:
                return ValueOf(variable, key);
            case SecretKeyEnv key:
                return ValueOf(variable, key);
            case FieldEnv field:
                return DownwardFields.ValueOf(_subject, variable, field.FieldPath);
            case ResourceFieldEnv:
                return PolicyText.ResourceField;
            case FileKeyEnv:
                _subject.Error(
                    variable.Path, "the value comes from a file that is written at run time, so no policy can name it",
                    "Read the file in the container instead");
                return null;
            default:
                throw new InvalidOperationException("A source of variables was added that is not derived.");
        }
    }

    private string? ValueOf(EnvVariable variable, ConfigMapKeyEnv key)
    {
        if (_subject.Inputs.FindConfigMap(key.ConfigMap, _subject.Workload.Namespace) is not { } map)
        {
            return Missing(variable.Path, "ConfigMap", key.ConfigMap, null, key.Optional);
        }

        // The kubelet looks in data alone.
        return map.Data.TryGetValue(key.Key, out var value)
            ? PolicyText.Literal(value)
            : Missing(variable.Path, "ConfigMap", key.ConfigMap, key.Key, key.Optional);
    }

    private string? ValueOf(EnvVariable variable, SecretKeyEnv key)
    {
        if (_subject.Inputs.FindSecret(key.Secret, _subject.Workload.Namespace) is not { } secret)
        {
            return Missing(variable.Path, "Secret", key.Secret, null, key.Optional);
        }

        return secret.Data.TryGetValue(key.Key, out var value)
            ? TextOf(secret, value.AsSpan(), variable.Path)
            : Missing(variable.Path, "Secret", key.Secret, key.Key, key.Optional);
    }

    private void AddAll(EnvFromSource from)
    {
        IEnumerable<KeyValuePair<string, string?>>? entries = from.IsSecret
            ? _subject.Inputs.FindSecret(from.Name, _subject.Workload.Namespace) is { } secret
                ? secret.Data.Select(entry => KeyValuePair.Create(entry.Key, TextOf(secret, entry.Value.AsSpan(), from.Path)))
                : null
            : _subject.Inputs.FindConfigMap(from.Name, _subject.Workload.Namespace)?.Data
                .Select(entry => KeyValuePair.Create(entry.Key, (string?)PolicyText.Literal(entry.Value)));
        if (entries is null)
        {
            _ = Missing(from.Path, from.IsSecret ? "Secret" : "ConfigMap", from.Name, null, from.Optional);
            return;
        }

        foreach (var (key, value) in entries)
        {
            var name = from.Prefix + key;
            if (value is null)
            {
                continue;
            }

            if (Identifier().IsMatch(name))
            {
                _ofPod.Set(name, value);
            }
            else if (!name.Contains('=', StringComparison.Ordinal))
            {
                // Kubelets before 1.30 leave such names out, later ones take them.
                OptionalPatterns.Add($"^{RegexText.Literal($"{name}={Plain(value)}")}$");
                _subject.Findings.Add(PolicyFinding.Note(
                    from.Path, $"the key '{Shown.Of(key)}' is no identifier: the variable may be there, and need not, as kubelets differ"));
            }
        }
    }

    private static string Plain(string literal) => literal.Replace("$$", "$", StringComparison.Ordinal);

    private string? TextOf(SecretData secret, ReadOnlySpan<byte> value, string path)
    {
        _subject.NoteOnce(PolicyFinding.Warning(
            path, $"values of the Secret '{Shown.Of(secret.Name)}' become readable in the policy, which is not secret",
            "Fetch the secret inside the guest after attestation, or mount it as a sealed secret"));
        try
        {
            return PolicyText.Literal(StrictUtf8.GetString(value));
        }
        catch (ArgumentException)
        {
            _subject.Error(path, $"a value of the Secret '{Shown.Of(secret.Name)}' is not UTF-8 text", "Mount it as a file instead");
            return null;
        }
    }

    private string? Missing(string path, string kind, string name, string? key, bool optional)
    {
        var what = key is null ? $"the {kind} '{Shown.Of(name)}'" : $"the key '{Shown.Of(key)}' of the {kind} '{Shown.Of(name)}'";
        if (optional)
        {
            _subject.Warning(
                path, $"{what} is optional and was not given: the policy refuses a container that gets it",
                $"Give the {kind} with --config-file where the cluster has it");
        }
        else
        {
            _subject.Error(
                path, $"{what} was not given, so its values are not known", $"Give the {kind} as another document, or with --config-file");
        }

        return null;
    }

    // Addresses of services are known to the kubelet alone; what it would put there is not known here.
    private void RefuseServices(string text, string path)
    {
        foreach (var name in VariableExpansion.References(text))
        {
            if (_ofPod.Find(name) is null && ServiceVariable().IsMatch(name)
                && (_subject.Pod.EnableServiceLinks is not false || name.StartsWith("KUBERNETES_", StringComparison.Ordinal)))
            {
                _subject.Error(
                    path, $"$({Shown.Of(name)}) stands for a service's address, which only the cluster knows",
                    "Name the service by its DNS name, or let the program read the variable itself");
            }
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();

    [GeneratedRegex(
        "^[A-Z][A-Z0-9_]*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)\\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex ServiceVariable();
}
