@echo off
rem What make does on other systems: kpi report kumamoto 2022, kpi check ..., kpi lab (JupyterLab), kpi test.
rem The first call sets up .venv.
setlocal
set "BIN=%~dp0.venv\Scripts"
set "CHECK=import sys; sys.exit(sys.version_info < (3, 11))"
set "PYTHON=python"
python -c "%CHECK%" >nul 2>nul || set "PYTHON=py -3"
%PYTHON% -c "%CHECK%" >nul 2>nul || goto no_python
if "%~1"=="test" goto test
%PYTHON% "%~dp0install.py" || exit /b 1
if "%~1"=="lab" goto lab
"%BIN%\python.exe" -m kpi_utils.cli %*
if "%~1"=="" pause
exit /b %ERRORLEVEL%

:lab
rem JupyterLab asks for no news and for no newer version.
set "JUPYTER_CONFIG_PATH=%~dp0.jupyter"
"%BIN%\python.exe" -m jupyterlab "%~dp0notebooks"
exit /b %ERRORLEVEL%

:test
%PYTHON% "%~dp0install.py" dev || exit /b 1
cd /d "%~dp0"
"%BIN%\python.exe" -m pytest -n auto --dist loadfile -m "not trial and not office and not browser and not windows"
exit /b %ERRORLEVEL%

:no_python
rem In UTF-8, which this console may not have yet.
chcp 65001 >nul
echo Python 3.11 以降が見つかりません。python.org から入れて（Add python.exe to PATH に印を付けます）、もう一度実行してください。
echo Python 3.11 or newer is needed: install it from python.org, with "Add python.exe to PATH".
pause
exit /b 1
