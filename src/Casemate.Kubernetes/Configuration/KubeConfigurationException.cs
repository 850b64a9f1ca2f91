namespace Casemate.Kubernetes;

/// <summary>The settings that lead to an API server cannot be used; the message names the file, the place and what to do.</summary>
public sealed class KubeConfigurationException(string message, Exception? innerException = null) : Exception(message, innerException);
