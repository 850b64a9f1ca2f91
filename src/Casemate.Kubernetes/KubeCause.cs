namespace Casemate.Kubernetes;

/// <summary>One thing that is wrong with a request. Source: meta/v1, <c>StatusCause</c>. Printable ASCII.</summary>
/// <param name="Reason">One word, such as <c>FieldValueInvalid</c> or <c>FieldManagerConflict</c>.</param>
/// <param name="Field">The field's path, such as <c>spec.replicas</c>; empty when it is about none.</param>
/// <param name="Message">A sentence.</param>
public sealed record KubeCause(string Reason, string Field, string Message);
