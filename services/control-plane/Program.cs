using Turnpike.ControlPlane;
using Turnpike.ControlPlane.Options;
using Turnpike.ServiceDefaults;

ServiceIdentity identity = ServiceIdentity.Of("control-plane", typeof(ControlPlaneSettings).Assembly);
ServiceStart<ControlPlaneSettings> start = ServiceStart.Read(identity, args, ControlPlaneSettings.Catalog, ControlPlaneSettingsReader.Read);
if (start.ExitCode is int exitCode)
{
    return exitCode; // --help, --version, or settings that are wrong: all is said.
}

WebApplicationBuilder builder = start.CreateBuilder();
builder.AddServiceDefaults(identity);
builder.AddControlPlane(start.Settings);

WebApplication app = builder.Build();
app.UseControlPlane();
return await app.RunServiceAsync();
