using System.Text.Json;

namespace Casemate.Oci.Documents;

/// <summary>
/// How a container of an image is started unless its user says otherwise. Source: OCI Image Format Specification 1.1, config.md, "config".
/// </summary>
public sealed record ContainerConfig
{
    /// <summary>The user, and after a colon the group, as names or numbers; null for root.</summary>
    public string? User { get; init; }

    /// <summary>The environment, each as <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>The program and its first arguments; empty where only <see cref="Cmd"/> is given.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>Arguments behind the entrypoint, or the whole command where there is none.</summary>
    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>The directory to start in; null for the root.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Labels; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Ports that the program listens on: <c>8080/tcp</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>Directories that are made volumes.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>The signal that ends the program, by name or number; null for SIGTERM.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Members that no specification of ours names, such as a health check; written back unchanged.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    internal static ContainerConfig Read(ObjectReader from) => new()
    {
        User = from.Text("User"),
        Env = from.Texts("Env"),
        Entrypoint = from.Texts("Entrypoint"),
        Cmd = from.Texts("Cmd"),
        WorkingDir = from.Text("WorkingDir"),
        Labels = from.Map("Labels"),
        ExposedPorts = from.Keys("ExposedPorts"),
        Volumes = from.Keys("Volumes"),
        StopSignal = from.Text("StopSignal"),
        Other = from.Rest(),
    };

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        DocumentWriter.Text(json, "User", User);
        DocumentWriter.Keys(json, "ExposedPorts", ExposedPorts);
        DocumentWriter.Texts(json, "Env", Env);
        DocumentWriter.Texts(json, "Entrypoint", Entrypoint);
        DocumentWriter.Texts(json, "Cmd", Cmd);
        DocumentWriter.Keys(json, "Volumes", Volumes);
        DocumentWriter.Text(json, "WorkingDir", WorkingDir);
        DocumentWriter.Map(json, "Labels", Labels);
        DocumentWriter.Text(json, "StopSignal", StopSignal);
        DocumentWriter.Rest(json, Other);
        json.WriteEndObject();
    }
}
