namespace Casemate.Kubernetes;

/// <summary>The program of a kubeconfig that gives credentials.</summary>
/// <param name="Where">The file and the user, for messages.</param>
/// <param name="ApiVersion">The form of its answer.</param>
/// <param name="Program">A name on the search path, or a path.</param>
/// <param name="Arguments">Its arguments; never shown, since they may hold secrets.</param>
/// <param name="Variables">Environment variables for it.</param>
/// <param name="InstallHint">What the file says about getting it; empty when nothing.</param>
internal sealed record ExecCommand(
    string Where, string ApiVersion, string Program, IReadOnlyList<string> Arguments,
    IReadOnlyList<(string Name, string Value)> Variables, string InstallHint);
